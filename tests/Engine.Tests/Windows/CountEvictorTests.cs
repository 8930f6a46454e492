namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class CountEvictorTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void KeepsTheLast(bool crash, int partitions) => Assert.Equal(
        [Whole(1, 3), Whole(3, 14)],
        Tables.Windows(Sums(Evictors.Count<Reading>(3), crash, partitions), Doubling));
}
