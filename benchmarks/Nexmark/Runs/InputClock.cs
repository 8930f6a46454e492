namespace Weir.Benchmarks.Nexmark.Runs;

using System.Diagnostics;

/// <summary>
/// The clock that stamps the input: it runs faster than time, so that few events have stamps of many windows, and stands
/// still when told to. It shows only the last milliseconds of every quarter of ten seconds, so every input has batches
/// with the last stamp of a window. Everything it says lies in the past.
/// </summary>
internal sealed class InputClock(double pace) : TimeProvider
{
    private static readonly TimeSpan Ago = TimeSpan.FromDays(30);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(2.5);
    private readonly DateTimeOffset _begin = System.GetUtcNow() - Ago;
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _stoppedTicks;

    public override DateTimeOffset GetUtcNow()
    {
        long stopped = Volatile.Read(ref _stoppedTicks);
        return stopped != 0 ? new DateTimeOffset(stopped, TimeSpan.Zero) : Shown();
    }

    public void Stop() => Volatile.Write(ref _stoppedTicks, GetUtcNow().UtcTicks);

    private DateTimeOffset Shown()
    {
        DateTimeOffset now = _begin + (Stopwatch.GetElapsedTime(_started) * pace);
        return new DateTimeOffset(now.UtcTicks - (now.UtcTicks % Step.Ticks) - TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
    }
}
