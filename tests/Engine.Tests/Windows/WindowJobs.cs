namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>The jobs in which the tests of triggers and evictors run, with their inputs and outputs.</summary>
internal static class WindowJobs
{
    public static TestJob Definition(WindowSpec windows, Trigger trigger) => new(job => From(job).KeyBy(Input.Key)
        .Window(windows)
        .Trigger(trigger)
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results));

    public static JobHarness Job(WindowSpec windows, Trigger trigger, bool crash, int partitions)
    {
        var run = new JobHarness(Definition(windows, trigger), Runs.Options(crash, partitions));
        run.AdvanceClock(T(0));
        return run;
    }

    public static Row[] Doubling =>
        [new Reading("a", 1), new Reading("a", 2, 2), new Reading("a", 3, 4), new Reading("a", 4, 8)];

    public static Result Whole(int row, long value) => new(row, "a", long.MinValue, long.MaxValue, value);

    public static TestJob SumJob(Evictor<Reading> evictor) => new(job => From(job).KeyBy(Input.Key)
        .Window(Windows.Global())
        .Trigger(Triggers.Count(2))
        .Evict(evictor)
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results));

    public static JobHarness Sums(Evictor<Reading> evictor, bool crash, int partitions) =>
        new(SumJob(evictor), Runs.Options(crash, partitions));

    public static JobHarness Lines(Evictor<Reading> evictor, bool crash, int partitions, long lateness = 0) => new(
        new TestJob(job => From(job).KeyBy(Input.Key)
            .Window(Windows.Tumbling(Ms(10)).AllowLateness(Ms(lateness)))
            .Evict(evictor)
            .Process("lines", new Values())
            .To(Tables.Texts)),
        Runs.Options(crash, partitions));

    private sealed class Values : WindowProcess<string, Reading, string>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window) =>
            window.Emit(string.Join(',', events.Select(each => each.Value)));
    }
}
