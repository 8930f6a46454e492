namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class WindowAssignerTests
{
    [Fact]
    public void WindowsAtTheLimitsOfTime_AreFinite()
    {
        foreach (long time in (long[])[long.MinValue + 1, long.MinValue + 7, long.MaxValue - 1, long.MaxValue])
        {
            foreach (WindowSpec windows in (WindowSpec[])
                [Windows.Tumbling(Ms(10), Ms(-3)), Windows.Sliding(Ms(10), Ms(3), Ms(2)), Windows.Session(Ms(10))])
            {
                List<TimeRange> assigned = [];
                windows.Assigner.Assign(T(time), assigned);
                Assert.InRange(assigned.Count, 1, 4);
                Assert.All(assigned, window => Assert.True(window.Start <= T(time) && T(time) <= window.End));
            }
        }
    }
}
