namespace Weir.Grains.Hosting;

/// <summary>
/// The clock of the machine, except that it never goes back. Invariant: no answer is earlier than one before.
/// </summary>
/// <remarks>
/// Orleans can activate no grain while the clock shows a time before the one that it has seen last, and the ingestion
/// clock would stand still for as long. Set back from 12:00 to 11:00, this one goes on from 12:00 at the true pace,
/// until the machine has caught up or is set right; what is missing of less than a second is waited for.
/// </remarks>
/// <param name="machine">The clock of the machine.</param>
internal sealed class SteadyClock(TimeProvider machine) : TimeProvider
{
    private static readonly TimeSpan WaitedFor = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private DateTimeOffset _last;
    private long _at;

    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            DateTimeOffset now = machine.GetUtcNow();
            long at = machine.GetTimestamp();
            if (now >= _last)
                _last = now;
            else if (_last - now > WaitedFor)
                _last += machine.GetElapsedTime(_at, at);
            _at = at;
            return _last;
        }
    }

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);
}
