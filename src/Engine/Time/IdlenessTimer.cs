namespace Weir.Engine.Time;

using Weir.Engine.Codecs;

/// <summary>
/// Decides when a partition is idle, from a clock that only moves when it is told. A check that finds activity since
/// the one before only notes it; the next quiet check starts the timer; idle when a later check finds more than the
/// timeout passed. With 120 ms: activity, check at 0, check at 100 (starts), at 200 (100 passed), at 221: idle.
/// Source: Flink's WatermarksWithIdleness.
/// </summary>
internal sealed class IdlenessTimer(long timeoutMilliseconds)
{
    private bool _active;
    private bool _started;
    private EventTime _quietSince;

    public void OnActivity()
    {
        _active = true;
        _started = false;
    }

    public bool Check(EventTime now)
    {
        if (_active)
        {
            _active = false;
            return false;
        }

        if (!_started)
        {
            _started = true;
            _quietSince = now;
            return false;
        }

        return now.Minus(_quietSince.Milliseconds).Milliseconds > timeoutMilliseconds;
    }

    public void Write(ByteWriter writer)
    {
        writer.WriteBool(_active);
        writer.WriteBool(_started);
        writer.WriteSigned(_quietSince.Milliseconds);
    }

    public void Read(ByteReader reader)
    {
        _active = reader.ReadBool();
        _started = reader.ReadBool();
        _quietSince = new EventTime(reader.ReadSigned());
    }
}
