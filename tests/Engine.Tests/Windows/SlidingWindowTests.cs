namespace Weir.Engine.Tests.Windows;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class SlidingWindowTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void AnEvent_IsInEveryWindowThatHoldsIt(bool crash, int partitions) => Assert.Equal(
        [
            new Result(2, "a", 4, 9, 1), new Result(3, "a", 6, 11, 3), new Result(4, "a", 8, 13, 2),
        ],
        Tables.Windows(
            Job(5, 2, 0, crash, partitions), new Reading("a", 7), new Reading("a", 9, 2), Row.Mark(8), Row.Mark(10),
            Row.Mark(100)));

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnEvent_IsLateOnlyIfAllItsWindowsAre(bool crash)
    {
        JobHarness run = Job(10, 5, 0, crash, 1);
        Assert.Equal(
            [new Result(2, "a", 5, 15, 1)],
            Tables.Windows(run, Row.Mark(9), new Reading("a", 7), Row.Mark(14), new Reading("a", 7)));
        Assert.Equal(1, run.LateEvents("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnEventBetweenWindows_IsInNone_AndNotLate(bool crash)
    {
        JobHarness run = Job(2, 10, 0, crash, 1);
        Assert.Equal(
            [new Result(2, "a", 10, 12, 1)],
            Tables.Windows(run, new Reading("a", 5), new Reading("a", 11), Row.Mark(100)));
        Assert.Equal((0, 0), (run.LateEvents("sums"), run.Keys("sums")));
    }

    [Fact]
    public void Windows_AreThoseOfBruteForce() => Gen
        .Select(Gen.Int[1, 20], Gen.Int[1, 8], Gen.Int[-7, 7], Gen.Int[-40, 40].Array[1, 12])
        .Where((size, slide, offset, times) => Math.Abs(offset) < slide)
        .Sample(
            (size, slide, offset, times) =>
            {
                var expected =
                    from step in Enumerable.Range(-100, 200)
                    let start = (long)offset + step * slide
                    let sum = times.Count(time => time >= start && time < start + size)
                    where sum > 0
                    select new Result(times.Length, "a", start, start + size, sum);
                Row[] table = [.. times.Select(time => (Row)new Reading("a", time)), Row.Mark(1000)];
                Assert.Equal(expected, Tables.Windows(Job(size, slide, offset, crash: false, 1), table));
            },
            iter: 100);

    private static JobHarness Job(long size, long slide, long offset, bool crash, int partitions = 1) => new(
        new TestJob(job => From(job).KeyBy(Input.Key)
            .Window(Windows.Sliding(Ms(size), Ms(slide), Ms(offset)))
            .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
            .To(Tables.Results)),
        Runs.Options(crash, partitions));
}
