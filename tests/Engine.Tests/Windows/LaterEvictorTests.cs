namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class LaterEvictorTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ShowsAllSinceTheLastFiring(bool crash, int partitions) => Assert.Equal(
        [Whole(1, 3), Whole(3, 14)],
        Tables.Windows(Sums(Evictors.Count<Reading>(1).After(), crash, partitions), Doubling));
}
