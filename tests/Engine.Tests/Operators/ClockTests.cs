namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using static Weir.Engine.Tests.Reading;

public sealed class ClockTests
{
    private static readonly Topic<Reading> Second = Topic.Of<Reading>("second");

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheClockOfATopicThatEnded_DoesNotHoldBackTheOthers(bool crash)
    {
        JobHarness run = Job(crash);
        run.Send(Input, new Reading("a", 1));
        run.Seal(Second);
        run.AdvanceClock(T(50));
        Assert.Equal(["a 50"], run.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheClock_IsTheLowestOfAllTopics_AndStampsOfEventsMoveIt(bool crash)
    {
        JobHarness run = Job(crash);
        run.Send(Input, new Reading("a", 1));
        run.AdvanceClock(T(49));
        Assert.Empty(run.Read(Tables.Texts));
        run.AdvanceClock(T(70));
        run.Send(Input, new Reading("b", 1));
        run.AdvanceClock(T(60));
        Assert.Equal(["a 70"], run.Read(Tables.Texts));
        run.AdvanceClock(T(71));
        Assert.Equal(["a 70", "b 71"], run.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Advance_RaisesTheWatermarkWithoutAnEvent(bool crash)
    {
        var job = new TestJob(job => job.From(Input)
            .WithEventTime(each => T(each.At), Watermarks.Bounded(Ms(5)))
            .KeyBy(Input.Key).Window(Engine.Windows.Windows.Tumbling(Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value).To(Tables.Results));
        var run = new JobHarness(job, Runs.Options(crash, partitions: 4));
        run.Send(Input, new Reading("a", 1));
        run.Advance(Input, T(14));
        Assert.Empty(run.Read(Tables.Results));
        run.Advance(Input, T(15));
        Assert.Single(run.Read(Tables.Results));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void PartitionsThatNobodySendsTo_DoNotHoldTheClockOfTheOthers(bool crash)
    {
        var job = new TestJob(job => job.From(Input)
            .KeyBy(each => each.Key).Window(Engine.Windows.Windows.TumblingProcessingTime(Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value).To(Tables.Results));
        var run = new JobHarness(job, Runs.Options(crash, partitions: 4));
        run.Send(Input, new Reading("a", 1));
        Assert.Equal([Range(0, 10)], run.Inspect("sums", "a")!.Windows.Select(window => window.Window));
        run.AdvanceClock(T(9));
        Assert.Equal([Range(0, 10)], run.Read(Tables.Results).Select(result => result.Window));
    }

    private static JobHarness Job(bool crash) => new(
        new TestJob(job => From(job).Union(job.From(Second).WithEventTime(each => T(each.At), Watermarks.Monotonous()))
            .KeyBy(each => each.Key).Process("timers", new FiresLater()).To(Tables.Texts)),
        Runs.Options(crash));

    private sealed class FiresLater : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key) =>
            key.Timers.SetProcessingTime("later", EventTime.Max(T(50), key.Clock.Plus(1)));

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            key.Emit($"{key.Key} {key.Clock.Milliseconds}");
    }
}
