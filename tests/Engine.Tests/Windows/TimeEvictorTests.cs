namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class TimeEvictorTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void KeepsWhatIsNearTheHighestTimestamp(bool crash, int partitions) => Assert.Equal(
        [Whole(1, 2), Whole(3, 14)],
        Tables.Windows(
            Sums(Evictors.Time<Reading>(Ms(10)), crash, partitions),
            new Reading("a", 0), new Reading("a", 10, 2), new Reading("a", 19, 4), new Reading("a", 12, 8)));
}
