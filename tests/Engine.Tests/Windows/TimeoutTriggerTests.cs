namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class TimeoutTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FiresWhenTheOtherTakesTooLong(bool crash, int partitions) => Assert.Equal(
        [
            new Result(3, "a", long.MinValue, long.MaxValue, 3),
            new Result(6, "a", long.MinValue, long.MaxValue, 28),
        ],
        Tables.Windows(
            Job(
                Windows.Global(), Triggers.Purging(Triggers.Timeout(Triggers.Count(3), Ms(10))), crash, partitions),
            new Reading("a", 1), Row.Tick(6), new Reading("a", 2, 2), Row.Tick(10),
            new Reading("a", 3, 4), new Reading("a", 4, 8), new Reading("a", 5, 16), Row.Tick(100)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void CanBeginAnewWithEachEvent(bool crash, int partitions) => Assert.Equal(
        [new Result(4, "a", long.MinValue, long.MaxValue, 3)],
        Tables.Windows(
            Job(
                Windows.Global(), Triggers.Timeout(Triggers.Never, Ms(10), restart: true), crash, partitions),
            new Reading("a", 1), Row.Tick(6), new Reading("a", 2, 2), Row.Tick(15), Row.Tick(16), Row.Tick(90)));
}
