namespace Weir.Grains.Tests.Jobs;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Protocol.Sinks;

/// <summary>Counts clicks in a number.</summary>
public sealed class CountedInNumbers : StreamJob
{
    public static readonly View<string, long> Counts = new("counts");

    public override string Name => "counted";

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .KeyBy(PageViews.Clicks.Key)
        .Process("count", new Counter())
        .PublishAs(Counts);

    private sealed class Counter : KeyedProcess<string, Click, long>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("count");

        public override void OnEvent(Click value, IKeyContext<string, long> key) =>
            key.Emit(++key.State(Count).Value);
    }
}

/// <summary>The same job after a careless change: its state is of another form, and nothing says how to read the old one.
/// </summary>
public sealed class CountedInText : StreamJob
{
    public override string Name => "counted";

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .KeyBy(PageViews.Clicks.Key)
        .Process("count", new Counter())
        .PublishAs(CountedInNumbers.Counts);

    private sealed class Counter : KeyedProcess<string, Click, long>
    {
        private static readonly ValueSlot<string> Count = State.Value<string>("count");

        public override void OnEvent(Click value, IKeyContext<string, long> key) => key.State(Count).Value += "|";
    }
}

/// <summary>The same job without its operator.</summary>
public sealed class CountedNowhere : StreamJob
{
    public override string Name => "counted";

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .KeyBy(PageViews.Clicks.Key)
        .Process("another", new Idle())
        .PublishAs(CountedInNumbers.Counts);

    private sealed class Idle : KeyedProcess<string, Click, long>
    {
        public override void OnEvent(Click value, IKeyContext<string, long> key)
        {
            // It has no state.
        }
    }
}

/// <summary>Writes to a sink that takes nothing.</summary>
public sealed class RefusedClicks : StreamJob
{
    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .Select(click => click.User)
        .To(new RefusingSink());
}

/// <summary>A sink that takes nothing; tests are told before it refuses.</summary>
public sealed class RefusingSink() : Sink<string>("refusing"), ISinkConnector
{
    public Action Refusing { get; init; } = () => { };

    public ISinkLane OpenLane(SinkProducer producer, CodecRegistry codecs) => new Lane(this);

    private sealed class Lane(RefusingSink sink) : ISinkLane
    {
        public ValueTask<long> OpenAsync(CancellationToken cancellation = default) => ValueTask.FromResult(0L);

        public ValueTask AppendAsync(
            long sequence, IReadOnlyList<SinkBatch> batches, CancellationToken cancellation = default)
        {
            sink.Refusing();
            throw new SinkException(
                SinkError.Refused, "The table 'users' has no column 'name': add it, and start the job again.");
        }

        public ValueTask FinishAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
