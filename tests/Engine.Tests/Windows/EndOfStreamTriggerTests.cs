namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class EndOfStreamTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FiresOnceForEachKey_WhenTheInputEnds(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Global(), Triggers.EndOfStream, crash, partitions);
        Assert.Empty(Tables.Windows(
            run, new Reading("a", 1), new Reading("b", 2, 2), Row.Mark(100), new Reading("a", 3, 4), Row.Tick(100)));
        run.Seal();
        Assert.Equal([2L, 5L], run.Read(Tables.Results).Select(each => each.Value).Order());
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void MergedSessionsWithoutAnEnd_FireOnce(bool crash, int partitions)
    {
        JobHarness run = Job(
            Windows.Session(Ms(10)).AllowLateness(TimeSpan.MaxValue), Triggers.EndOfStream, crash, partitions);
        Assert.Empty(Tables.Windows(
            run, new Reading("a", 0), new Reading("a", 15, 2), new Reading("a", 8, 4), Row.Mark(1000)));
        run.Seal();
        Windowed<string, long> only = Assert.Single(run.Read(Tables.Results));
        Assert.Equal((Range(0, 25), 7), (only.Window, only.Value));
    }
}
