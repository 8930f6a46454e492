namespace Weir.Protocol.Exchange;

using Weir.Engine.Operators;

/// <summary>
/// Numbers the slices that one instance of a stage sends: per channel, from 1 in each epoch, without holes.
/// </summary>
public sealed class SliceNumbers(long epoch)
{
    private readonly Dictionary<SliceTarget, long> _last = [];

    /// <summary>Stamps a slice with the epoch and the next number of its channel.</summary>
    public void Stamp(Slice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        long sequence = _last.GetValueOrDefault(slice.Target) + 1;
        _last[slice.Target] = sequence;
        slice.Epoch = epoch;
        slice.Sequence = sequence;
    }
}

/// <summary>What a slice is to a group.</summary>
public enum SliceAdmission
{
    /// <summary>It is the next of its channel.</summary>
    Next,

    /// <summary>It was applied before; acknowledge it again and drop it.</summary>
    Repeats,

    /// <summary>It belongs to an older epoch; its sender is to be told that it is fenced.</summary>
    Fenced,

    /// <summary>Slices before it are missing, or it is of an epoch that this group does not know yet.</summary>
    Gap,
}

/// <summary>
/// Checks the slices that reach a group. Invariant: of each channel, slices are applied in order, each once, of one
/// epoch only.
/// </summary>
public sealed class SliceSequences(long epoch)
{
    private readonly Dictionary<int, long> _applied = [];

    /// <summary>What a slice is.</summary>
    public SliceAdmission Admit(Slice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        if (slice.Epoch < epoch)
            return SliceAdmission.Fenced;
        if (slice.Epoch > epoch)
            return SliceAdmission.Gap;
        long applied = _applied.GetValueOrDefault(slice.Target.Channel);
        if (slice.Sequence <= applied)
            return SliceAdmission.Repeats;
        return slice.Sequence == applied + 1 ? SliceAdmission.Next : SliceAdmission.Gap;
    }

    /// <summary>A slice that was <see cref="SliceAdmission.Next"/> has been taken.</summary>
    public void Take(Slice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        _applied[slice.Target.Channel] = slice.Sequence;
    }
}
