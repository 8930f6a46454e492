namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class GlobalWindowTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FiresByCountAndAtTheEnd_ButNotByItself(bool crash, int partitions)
    {
        Row[] table = [new Reading("a", 1), new Reading("a", 99, 2), Row.Mark(1000), new Reading("a", 5, 4)];
        Assert.Empty(Tables.Windows(Job(Windows.Global(), Triggers.Never, crash, partitions), table));
        Assert.Equal(
            [new Result(1, "a", long.MinValue, long.MaxValue, 3)],
            Tables.Windows(Job(Windows.Global(), Triggers.Count(2), crash, partitions), table));
        JobHarness run = Job(Windows.Global(), Triggers.EndOfStream, crash, partitions);
        Assert.Empty(Tables.Windows(run, table));
        run.Seal();
        Assert.Equal(7, Assert.Single(run.Read(Tables.Results)).Value);
    }
}
