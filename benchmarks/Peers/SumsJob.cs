namespace Weir.Benchmarks.Peers;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>The workload as a job.</summary>
public sealed class SumsJob : StreamJob
{
    public const string JobName = "sums-job";

    public static readonly KeyedTopic<long, Reading> Readings = Topic.Of<Reading>("readings").KeyedBy(each => each.Key);
    public static readonly Topic<Windowed<long, long>> Results = Topic.Of<Windowed<long, long>>("sums");

    public override void Define(JobBuilder job) => job
        .From(Readings)
        .WithEventTime(reading => reading.At, Watermarks.Monotonous())
        .KeyBy(Readings.Key)
        .Window(Windows.Tumbling(TimeSpan.FromMilliseconds(Workload.WindowMilliseconds)))
        .Aggregate("sum", new Sum<Reading, long>(reading => reading.Amount))
        .To(Results);
}
