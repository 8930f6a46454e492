namespace Weir.Benchmarks.Service.Jobs;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>Holds one number per key, and nothing else.</summary>
public sealed class OneSumJob : StreamJob
{
    public const string JobName = "one-sum-job";

    public override void Define(JobBuilder job) => job
        .From(Additions.Keyed)
        .KeyBy(Additions.Keyed.Key)
        .Process("hold", new Holds());

    private sealed class Holds : KeyedProcess<long, Addition, long>
    {
        private static readonly ValueSlot<long> Total = State.Value<long>("total");

        public override void OnEvent(Addition value, IKeyContext<long, long> key) => key.State(Total).Value += value.Amount;
    }
}

/// <summary>Holds one open window per key, with a sum in it.</summary>
public sealed class OneWindowJob : StreamJob
{
    public const string JobName = "one-window-job";

    public static readonly Topic<Windowed<long, long>> Results = Topic.Of<Windowed<long, long>>("held-sums");

    public override void Define(JobBuilder job) => job
        .From(Additions.Keyed)
        .WithEventTime(addition => addition.At, Watermarks.Monotonous())
        .KeyBy(Additions.Keyed.Key)
        .Window(Windows.Tumbling(TimeSpan.FromHours(1)))
        .Aggregate("hold", new Sum<Addition, long>(addition => addition.Amount))
        .To(Results);
}

/// <summary>Holds one pending timer per key, and no state.</summary>
public sealed class OneTimerJob : StreamJob
{
    public const string JobName = "one-timer-job";

    public override void Define(JobBuilder job) => job
        .From(Additions.Keyed)
        .WithEventTime(addition => addition.At, Watermarks.Monotonous())
        .KeyBy(Additions.Keyed.Key)
        .Process("hold", new Waits());

    private sealed class Waits : KeyedProcess<long, Addition, long>
    {
        public override void OnEvent(Addition value, IKeyContext<long, long> key) =>
            key.Timers.Register(value.At + TimeSpan.FromHours(1));
    }
}
