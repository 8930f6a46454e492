namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class CountTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FiresWithEveryNthEvent_AndKeepsTheContents(bool crash, int partitions) => Assert.Equal(
        [new Result(2, "a", 0, 10, 3), new Result(4, "a", 0, 10, 15)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(10)), Triggers.Count(2), crash, partitions),
            new Reading("a", 1), new Reading("b", 1), new Reading("a", 2, 2), new Reading("a", 3, 4),
            new Reading("a", 4, 8), new Reading("a", 5, 16), Row.Mark(9), new Reading("a", 5)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void AddsUpWhenSessionsMerge_AndFiresWithTheNextEvent(bool crash, int partitions) => Assert.Equal(
        [new Result(3, "a", 0, 28, 15), new Result(7, "a", 0, 30, 255)],
        Tables.Windows(
            Job(Windows.Session(Ms(10)), Triggers.Count(4), crash, partitions),
            new Reading("a", 0), new Reading("a", 18, 2), new Reading("a", 1, 4), new Reading("a", 9, 8),
            new Reading("a", 20, 16), new Reading("a", 3, 32), new Reading("a", 4, 64), new Reading("a", 5, 128)));
}
