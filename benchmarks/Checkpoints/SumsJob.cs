namespace Weir.Benchmarks.Checkpoints;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>An addition to a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Amount">What is added.</param>
/// <param name="Bytes">How much the key's state weighs from then on.</param>
public readonly record struct Addition(long Key, long Amount, int Bytes);

/// <summary>Sums per key, beside as much state as is asked for.</summary>
public sealed class SumsJob : StreamJob
{
    public const string JobName = "sums-job";

    public static readonly KeyedTopic<long, Addition> Additions = Topic.Of<Addition>("additions").KeyedBy(each => each.Key);

    public static readonly View<long, long> Sums = new("sums");

    public override void Define(JobBuilder job) => job
        .From(Additions)
        .KeyBy(Additions.Key)
        .Process("sum", new Sum())
        .PublishAs(Sums);

    private sealed class Sum : KeyedProcess<long, Addition, long>
    {
        private static readonly ValueSlot<long> Total = State.Value<long>("total");
        private static readonly ValueSlot<byte[]?> Ballast = State.Value<byte[]?>("ballast");

        public override void OnEvent(Addition value, IKeyContext<long, long> key)
        {
            long total = key.State(Total).Value + value.Amount;
            key.State(Total).Value = total;
            if (value.Bytes > 0 && key.State(Ballast).Value is null)
                key.State(Ballast).Value = new byte[value.Bytes];
            key.Emit(total);
        }
    }
}
