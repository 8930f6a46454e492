namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class DeltaEvictorTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void RemovesWhatIsFarFromTheLast(bool crash, int partitions) => Assert.Equal(
        [Whole(1, 6), Whole(3, 12)],
        Tables.Windows(
            Sums(Evictors.Delta<Reading>(5, (each, last) => Math.Abs(each.Value - last.Value)), crash, partitions),
            new Reading("a", 0, 1), new Reading("a", 1, 6), new Reading("a", 2, 1),
            new Reading("a", 3, 5)));
}
