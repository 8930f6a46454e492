namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>Counts per window under a way to derive watermarks; what is late shows where they stood.</summary>
public abstract class WatermarkedCounts : OperatorScenario
{
    public override IReadOnlyList<Round> Rounds => Readings.Rounds(Input, Readings.TakeWithLate(360));

    public override bool HasExtra => true;

    public override bool KeepsBatches => true;

    protected abstract WatermarkStrategy Strategy { get; }

    public override void Define(JobBuilder job)
    {
        AggregatedStream<string, Reading, long> counts = job
            .From(Input)
            .WithEventTime(static each => each.Time, Strategy)
            .KeyBy(Input.Key)
            .Window(Windows.Tumbling(Seconds(2)))
            .Aggregate("count", new Count<Reading>());
        Write(counts);
        counts.Late.Select(Line).To(Extra);
    }
}

public sealed class BoundedWatermarks : WatermarkedCounts
{
    protected override WatermarkStrategy Strategy => Watermarks.Bounded(Seconds(1));
}

public sealed class MonotonousWatermarks : WatermarkedCounts
{
    protected override WatermarkStrategy Strategy => Watermarks.Monotonous();
}

/// <summary>A reading with the value 0 promises that nothing before it follows, which is not quite so.</summary>
public sealed class OwnWatermarks : WatermarkedCounts
{
    protected override WatermarkStrategy Strategy => Watermarks.Custom(new AtZero());

    private sealed class AtZero : WatermarkGenerator<Reading>
    {
        public override int Cells => 1;

        public override void OnEvent(Reading value, EventTime time, IWatermarkContext partition)
        {
            if (value.Value % 4 == 0)
                partition[0] = time.Milliseconds;
        }

        public override void OnBatchEnd(IWatermarkContext partition)
        {
            if (partition[0] is { } promised)
                partition.Emit(new EventTime(promised));
        }
    }
}

/// <summary>Nothing is known of time before the end, so nothing is late.</summary>
public sealed class NoWatermarks : OperatorScenario
{
    public override IReadOnlyList<Round> Rounds => Readings.Rounds(Input, Readings.TakeWithLate(360));

    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => (each.Key, Start: each.At / 5000 * 5000))
        .Select(window => $"{window.Key.Key} [{window.Key.Start},{window.Key.Start + 5000}) {window.Count()}");

    public override void Define(JobBuilder job) => Write(job
        .From(Input)
        .WithEventTime(static each => each.Time, Watermarks.None())
        .KeyBy(Input.Key)
        .Window(Windows.Tumbling(Seconds(5)))
        .Aggregate("count", new Count<Reading>()));
}

/// <summary>
/// A topic without events does not hold the other one back once the ticks say that it is idle; what comes to it then
/// is late.
/// </summary>
public sealed class IdleTopics : OperatorScenario
{
    public override bool HasExtra => true;

    public override int Partitions => 1;

    public override bool IsOrdered => false;

    public override IEnumerable<Topic<Reading>> Ticking => [Second];

    public override IReadOnlyList<Round> Rounds =>
    [
        new Round((Input, [new Reading("a", 1000, 1)])),
        new Round((Input, [new Reading("a", 2000, 1)])),
        new Round((Input, [new Reading("a", 9000, 1)])),
        new Round((Input, [new Reading("a", 31_000, 1)])),
        new Round((Input, [new Reading("b", 32_000, 1)])) { After = new EventTime(30_999) },
        new Round((Second, [new Reading("a", 3000, 1), new Reading("b", 33_000, 1)])) { After = new EventTime(31_999) },
    ];

    public override IEnumerable<string> Oracle => ["a [0,10000) 3", "a [30000,40000) 1", "b [30000,40000) 2"];

    public override void Define(JobBuilder job)
    {
        AggregatedStream<string, Reading, long> counts = job
            .From(Input)
            .WithEventTime(static each => each.Time, Watermarks.Monotonous())
            .Union(job.From(Second).WithEventTime(static each => each.Time, Watermarks.Monotonous(Seconds(1.5))))
            .KeyBy(static each => each.Key)
            .Window(Windows.Tumbling(Seconds(10)))
            .Aggregate("count", new Count<Reading>());
        Write(counts);
        counts.Late.Select(Line).To(Extra);
    }
}

/// <summary>Numbers the readings of each partition before any key.</summary>
public sealed class PartitionFunctions : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => Input.PartitionOf(each, Partitions, new Engine.Codecs.CodecRegistry())!.Value)
        .SelectMany(partition => partition.Select((each, i) => $"{each.Key} is {i + 1} of partition {partition.Key}"));

    public override void Define(JobBuilder job) =>
        job.From(Input).ProcessPartition("number", new Number()).To(Output);

    private sealed class Number : PartitionProcess<Reading, string>
    {
        private static readonly ValueSlot<int> Count = State.Value<int>("count");

        public override void OnEvent(Reading value, IPartitionContext<string> partition) => partition.Emit(
            $"{value.Key} is {++partition.State(Count).Value} of partition {partition.Partition}");
    }
}
