namespace Weir.Engine.Tests.Windows;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class SessionWindowTests
{
    private static readonly Topic<Reading> TooLate = Topic.Of<Reading>("too-late");

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void WindowsThatOverlapOrTouch_Merge(bool crash, int partitions) => Assert.Equal(
        [
            new Result(5, "a", 0, 20, 7), new Result(5, "b", 5, 15, 1), new Result(6, "a", 21, 31, 8),
        ],
        Tables.Windows(
            Job(10, 0, crash, partitions),
            new Reading("a", 0), new Reading("a", 10, 2), new Reading("a", 3, 4), new Reading("b", 5),
            new Reading("a", 21, 8), Row.Mark(19), Row.Mark(30)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void AnEventBetweenTwoSessions_JoinsThem(bool crash, int partitions)
    {
        JobHarness run = Job(10, 0, crash, partitions);
        Assert.Equal(
            [new Result(4, "a", 0, 28, 7)],
            Tables.Windows(
                run, new Reading("a", 0), new Reading("a", 18, 2), Row.Mark(5), new Reading("a", 9, 4), Row.Mark(27)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ALateEvent_JoinsALiveSession_ThoughItsOwnWindowIsPast(bool crash, int partitions)
    {
        JobHarness run = Job(10, 0, crash, partitions);
        Assert.Equal(
            [new Result(4, "a", 2, 25, 7)],
            Tables.Windows(
                run, new Reading("a", 8), new Reading("a", 15, 2), Row.Mark(14), new Reading("a", 2, 4), Row.Mark(24),
                new Reading("a", 3), new Reading("b", 14)));
        Assert.Equal((2, 0), (run.LateEvents("sums"), run.Keys("sums")));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ASessionThatFired_FiresAgainWhenItGrows(bool crash, int partitions)
    {
        JobHarness run = Job(10, 20, crash, partitions);
        Assert.Equal(
            [
                new Result(1, "a", 0, 10, 1),
                new Result(2, "a", 0, 12, 3),
                new Result(4, "a", 0, 22, 7),
            ],
            Tables.Windows(
                run, new Reading("a", 0), Row.Mark(12), new Reading("a", 2, 2), new Reading("a", 12, 4), Row.Mark(21),
                Row.Mark(40)));
        Assert.Equal(1, run.Keys("sums"));
        Tables.Play(run, Row.Mark(41));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Fact]
    public void TimersOfMergedSessions_AreGone()
    {
        JobHarness run = Job(10, 5, crash: true, 1);
        run.Send(Input, new Reading("a", 0), new Reading("a", 18), new Reading("a", 9), new Reading("a", 20));
        Assert.Equal([T(29), T(34)], run.Inspect("sums", "a")!.Timers.Select(timer => timer.Time));
        Assert.Equal([Range(0, 30)], run.Inspect("sums", "a")!.Windows.Select(window => window.Window));
    }

    [Fact]
    public void Sessions_AreThoseOfBruteForce_InAnyOrderOfArrival() => Gen
        .Select(Gen.Int[1, 12], Gen.Int[-60, 60].Array[1, 15], Gen.Bool)
        .Sample(
            (gap, times, crash) =>
            {
                var expected = new List<Result>();
                foreach (int time in times.Order())
                {
                    if (expected.Count > 0 && expected[^1].End >= time)
                        expected[^1] = expected[^1] with { End = time + gap, Value = expected[^1].Value + 1 };
                    else
                        expected.Add(new Result(times.Length, "a", time, time + gap, 1));
                }

                Row[] table = [.. times.Select(time => (Row)new Reading("a", time)), Row.Mark(1000)];
                Assert.Equal(expected, Tables.Windows(Job(gap, 0, crash), table));
            },
            iter: 60);

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void AnEventTooLateForItsPointWindow_IsNotLostSilently(bool crash, int partitions)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key)
                .Window(Windows.Session<Reading>(_ => TimeSpan.Zero))
                .Aggregate("sums", new Sum<Reading, long>(reading => reading.Value))
                .LateTo(TooLate)),
            Runs.Options(crash, partitions));
        run.AdvanceWatermark(T(9));
        run.Send(Input, new Reading("a", 10), new Reading("a", 11));
        Assert.Equal([new Reading("a", 10)], run.Read(TooLate));
        Assert.Equal(1, run.LateEvents("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void GapByEvent(bool crash, int partitions) => Assert.Equal(
        [new Result(3, "a", 0, 2, 2), new Result(4, "a", 10, 15, 5)],
        Tables.Windows(
            WindowJobs.Job(Windows.Session<Reading>(each => Ms(each.Value)), Triggers.EventTime, crash, partitions),
            new Reading("a", 10, 5), new Reading("a", 0, 1), new Reading("a", 1, 1), Row.Mark(3), Row.Mark(14),
            new Reading("a", 30, 4), new Reading("a", 10, 4)));

    private static JobHarness Job(long gap, long lateness, bool crash, int partitions = 1) => new(
        new TestJob(job => From(job).KeyBy(Input.Key)
            .Window(Windows.Session(Ms(gap)).AllowLateness(Ms(lateness)))
            .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
            .To(Tables.Results)),
        Runs.Options(crash, partitions));
}
