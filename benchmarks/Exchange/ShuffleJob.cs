namespace Weir.Benchmarks.Exchange;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;

/// <summary>An event for a key.</summary>
public sealed record Addition(long Key, long Amount);

/// <summary>
/// A sum per key behind a shuffle, without output: with one silo every event is handed over by reference, with two half
/// of them cross to the other.
/// </summary>
public sealed class ShuffleJob : StreamJob
{
    public const string JobName = "shuffle";

    public static readonly Topic<Addition> Additions = Topic.Of<Addition>("additions");

    public static readonly View<long, long> Sums = new("sums");

    public override string Name => JobName;

    public override void Define(JobBuilder job) => job
        .From(Additions)
        .KeyBy(addition => addition.Key)
        .Process("sum", new Sum())
        .PublishAs(Sums);

    private sealed class Sum : KeyedProcess<long, Addition, long>
    {
        private static readonly ValueSlot<long> Total = State.Value<long>("total");

        public override void OnEvent(Addition value, IKeyContext<long, long> key) =>
            key.State(Total).Value += value.Amount;
    }
}
