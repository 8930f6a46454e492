namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class DeltaTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FiresFarFromTheLastFiring(bool crash, int partitions) => Assert.Equal(
        [new Result(2, "a", 0, 100, 36), new Result(4, "a", 0, 100, 69), new Result(5, "a", 0, 100, 74)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(100)), Triggers.Delta<Reading>(10, each => each.Value), crash, partitions),
            new Reading("a", 1, 5), new Reading("a", 2, 15), new Reading("a", 3, 16), new Reading("a", 4, 6),
            new Reading("a", 5, 27), new Reading("a", 6, 5), new Reading("a", 7, 5), Row.Mark(99)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Purging_KeepsItsPlace(bool crash, int partitions) => Assert.Equal(
        [new Result(1, "a", long.MinValue, long.MaxValue, 25), new Result(3, "a", long.MinValue, long.MaxValue, 41)],
        Tables.Windows(
            Job(
                Windows.Global(), Triggers.Purging(Triggers.Delta<Reading>(10, each => each.Value)), crash, partitions),
            new Reading("a", 1, 5), new Reading("a", 2, 20), new Reading("a", 3, 10), new Reading("a", 4, 31)));
}
