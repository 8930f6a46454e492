namespace Weir.Grains.Tests.Hosting;

using Weir.Grains.Hosting;

public sealed class SteadyClockTests
{
    private readonly MachineClock _machine = new();

    [Fact]
    public void ItShowsWhatTheMachineShows_WhileThatGoesForward()
    {
        var clock = new SteadyClock(_machine);
        foreach (double seconds in (double[])[0, 0.5, 3600, 3600])
        {
            _machine.Set(seconds);
            Assert.Equal(seconds, SecondsOf(clock));
        }
    }

    [Theory]
    // set back by an hour: it goes on at the true pace until the machine has caught up
    [InlineData(new double[] { 7200, 3600, 3601, 3605, 7204, 7206 }, new double[] { 7200, 7200, 7201, 7205, 7205, 7206 })]
    // set right again: nothing is skipped
    [InlineData(new double[] { 7200, 3600, 3610, 7210, 7212 }, new double[] { 7200, 7200, 7210, 7210, 7212 })]
    // a little back: it waits
    [InlineData(new double[] { 100, 99.5, 99.9, 100.5 }, new double[] { 100, 100, 100, 100.5 })]
    public void ItNeverGoesBack(double[] machine, double[] shown)
    {
        var clock = new SteadyClock(_machine);
        var seen = new List<double>();
        foreach (double seconds in machine)
        {
            _machine.Set(seconds);
            seen.Add(SecondsOf(clock));
        }

        Assert.Equal(shown, seen);
    }

    private static double SecondsOf(SteadyClock clock) =>
        (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>Steps of more than a minute are a hand at the clock, in no time; smaller ones are time that passes.
    /// </summary>
    private sealed class MachineClock : TimeProvider
    {
        private double _seconds;
        private double _passed;

        public override long TimestampFrequency => 1000;

        public void Set(double seconds)
        {
            double step = seconds - _seconds;
            _passed += step is > 0 and < 60 ? step : 0;
            _seconds = seconds;
        }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(_seconds);

        public override long GetTimestamp() => (long)(_passed * 1000);
    }
}
