namespace Weir.Connectors.Tests;

/// <summary>A clock that moves only when a test says so, in either direction.</summary>
public sealed class ManualTime : TimeProvider
{
    private long _milliseconds = 1_000_000;

    public long Milliseconds => Interlocked.Read(ref _milliseconds);

    public void Move(TimeSpan by) => Interlocked.Add(ref _milliseconds, (long)by.TotalMilliseconds);

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => Milliseconds;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds);
}
