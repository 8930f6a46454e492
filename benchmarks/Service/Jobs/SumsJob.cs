namespace Weir.Benchmarks.Service.Jobs;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;

/// <summary>A sum per key that can be asked for, over a topic with the same key: no shuffle, no output.</summary>
public sealed class SumsJob : StreamJob
{
    public const string JobName = "sums-job";

    public static readonly View<long, long> Sums = new("sums");

    public override void Define(JobBuilder job) => job
        .From(Additions.Keyed)
        .KeyBy(Additions.Keyed.Key)
        .Process("sum", new Sum())
        .PublishAs(Sums);
}

/// <summary>The same behind a shuffle.</summary>
public sealed class ShuffledSumsJob : StreamJob
{
    public const string JobName = "shuffled-sums-job";

    public static readonly View<long, long> Sums = new("shuffled-sums");

    public override void Define(JobBuilder job) => job
        .From(Additions.Unkeyed)
        .KeyBy(addition => addition.Key)
        .Process("sum", new Sum())
        .PublishAs(Sums);
}

/// <summary>Adds up, and emits each new sum.</summary>
public sealed class Sum : KeyedProcess<long, Addition, long>
{
    private static readonly ValueSlot<long> Total = State.Value<long>("total");

    public override void OnEvent(Addition value, IKeyContext<long, long> key)
    {
        long total = key.State(Total).Value + value.Amount;
        key.State(Total).Value = total;
        key.Emit(total);
    }
}
