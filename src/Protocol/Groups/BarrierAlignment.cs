namespace Weir.Protocol.Groups;

/// <summary>
/// Aligns the barriers of a group's channels. Invariant: a checkpoint is due when its barrier has come on every channel,
/// no channel is read beyond that barrier before, and numbers that are taken, aborted or passed over never become due.
/// </summary>
/// <remarks>
/// Two channels: barrier 4 comes on the first, which is held from then on; barrier 4 comes on the second: 4 is due; once
/// it is taken both are read on. If barrier 5 comes on the second instead, 4 was given up: the first is released and the
/// second held at 5. A barrier 4 that comes after that is ignored.
/// </remarks>
public sealed class BarrierAlignment
{
    private readonly bool[] _held;
    private int _heldCount;
    private long _passed;

    /// <summary>Begins without any barrier.</summary>
    /// <param name="channels">Number of channels, 1 or more.</param>
    public BarrierAlignment(int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        _held = new bool[channels];
    }

    /// <summary>The checkpoint whose barrier has come on at least one channel and is not taken; 0 if there is none.
    /// </summary>
    public long Current { get; private set; }

    /// <summary>The checkpoint whose barrier has come on all channels; null if there is none.</summary>
    public long? Due => _heldCount == _held.Length ? Current : null;

    /// <summary>How many channels are held.</summary>
    public int HeldChannels => _heldCount;

    /// <summary>Whether a channel must not be read now.</summary>
    public bool IsHeld(int channel) => _held[channel];

    /// <summary>A barrier has come on a channel that is not held. True if other channels were released by it.</summary>
    public bool Arrive(int channel, long number)
    {
        if (_held[channel])
            throw new InvalidOperationException($"Channel {channel} is held at {Current} and can not give {number}.");
        if (number <= _passed || number < Current)
            return false;
        bool releases = number > Current && _heldCount > 0;
        if (number > Current)
            Release(Current);
        Current = number;
        _held[channel] = true;
        _heldCount++;
        return releases;
    }

    /// <summary>The checkpoint that was due has been taken: all channels are read on.</summary>
    public void Taken(long number)
    {
        if (Due != number)
            throw new InvalidOperationException($"Checkpoint {number} is not due.");
        Release(number);
    }

    /// <summary>
    /// A checkpoint and all before it will never be complete. True if channels were released by it.
    /// </summary>
    public bool Abort(long number)
    {
        if (number <= _passed)
            return false;
        if (Current > number)
        {
            _passed = number;
            return false;
        }

        bool releases = _heldCount > 0;
        Release(number);
        return releases;
    }

    private void Release(long passed)
    {
        _passed = Math.Max(_passed, passed);
        Array.Clear(_held);
        _heldCount = 0;
        Current = 0;
    }
}
