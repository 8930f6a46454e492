namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class NeverTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void GivesNothing_AndTheWindowStillEnds(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), Triggers.Never, crash, partitions);
        Assert.Empty(Tables.Windows(run, new Reading("a", 1), new Reading("a", 2, 2), Row.Tick(100), Row.Mark(8)));
        Assert.Equal(1, run.Keys("sums"));
        Assert.Empty(Tables.Windows(run, Row.Mark(9)));
        Assert.Equal(0, run.Keys("sums"));
    }
}
