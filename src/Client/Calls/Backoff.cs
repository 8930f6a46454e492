namespace Weir.Client.Calls;

/// <summary>
/// Pauses between attempts: 25 ms, doubled each time up to 2 s, each shortened by up to a half at random so that
/// clients do not come back together. It ends when the total time is used up.
/// </summary>
internal sealed class Backoff(TimeSpan total, TimeProvider clock)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private readonly long _begin = clock.GetTimestamp();
    private TimeSpan _pause = First;

    /// <summary>Waits before the next attempt; false, at once, if no time is left for one.</summary>
    public async ValueTask<bool> PauseAsync(CancellationToken cancellation)
    {
        TimeSpan left = total - clock.GetElapsedTime(_begin);
        if (left <= TimeSpan.Zero)
            return false;
        TimeSpan pause = _pause * (0.5 + (Random.Shared.NextDouble() / 2));
        _pause = _pause * 2 < Longest ? _pause * 2 : Longest;
        await Task.Delay(pause < left ? pause : left, clock, cancellation).ConfigureAwait(false);
        return true;
    }
}
