namespace Weir.Grains.Jobs;

using Weir.Contracts;

/// <summary>
/// Which epochs an activation of a participant may begin. Invariant: the epoch that it has begun last is the highest
/// that it was asked for, none that was closed begins any more, and an activation that has asked to be deactivated
/// begins none at all: it would take the epoch along when it goes.
/// </summary>
/// <remarks>
/// Epoch 3 is to begin on another silo: here it is refused with <see cref="WeirError.Unavailable"/>, asked for again, and
/// begins in the next activation. If 3 was asked for first, closing 2 changes nothing here.
/// </remarks>
internal sealed class EpochDoor
{
    private long _closed;
    private bool _isLeaving;

    /// <summary>The highest epoch that was asked for.</summary>
    public long Opening { get; private set; }

    /// <summary>An epoch is to begin here.</summary>
    /// <exception cref="WeirException">It is over, or the activation goes away.</exception>
    public void Enter(long epoch)
    {
        long highest = Math.Max(Opening, epoch);
        if (!IsOver(epoch, highest))
            Opening = highest;
        Check(epoch);
    }

    /// <summary>Whether an epoch may begin here no more.</summary>
    public bool IsShutTo(long epoch) => _isLeaving || IsOver(epoch, Opening);

    /// <summary>Looks again after something was waited for.</summary>
    /// <exception cref="WeirException">The epoch is over, or the activation goes away.</exception>
    public void Check(long epoch)
    {
        if (IsOver(epoch, Opening))
            throw new WeirException(
                WeirError.JobNotRunning, $"Epoch {epoch} is over: epoch {Math.Max(Opening, _closed + 1)} is next.");
        if (_isLeaving)
            throw new WeirException(
                WeirError.Unavailable, $"The activation that was asked for epoch {epoch} goes away: ask again.");
    }

    /// <summary>All epochs up to this one end. False if a higher one has begun here.</summary>
    public bool Close(long epoch)
    {
        _closed = Math.Max(_closed, epoch);
        return Opening <= epoch;
    }

    /// <summary>The activation asks to be deactivated.</summary>
    public void Leave() => _isLeaving = true;

    private bool IsOver(long epoch, long highest) => epoch < highest || epoch <= _closed;
}
