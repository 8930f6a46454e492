namespace Weir.Protocol.Groups;

using Weir.Protocol.Checkpoints;

/// <summary>
/// The segments that make up a group's state: a base and what changed since, oldest first. Invariant: what is reported
/// restores exactly what the group held at that barrier; a part that was captured and not stored makes all that build on
/// it worthless, so the next capture stands alone.
/// </summary>
/// <remarks>
/// Base at 1, changes at 2 and 3: 1+2+3. Checkpoint 3 may have been given up: what was stored for it stays, 4 builds on
/// it. If storing 3 failed, 4 must be a base, and a 4 that was captured before that was known can not be reported.
/// </remarks>
public sealed class SegmentChain(IReadOnlyList<SegmentRef> stored)
{
    private readonly List<Link> _links = [.. stored.Select((each, index) => new Link(0, index == 0, each))];

    /// <summary>Whether the next capture must be a base: there is none, or something before it was lost.</summary>
    public bool NeedsBase { get; private set; } = stored.Count == 0;

    /// <summary>Number of segments.</summary>
    public int Count => _links.Count;

    /// <summary>Those of them that are stored.</summary>
    public IReadOnlyList<SegmentRef> Segments =>
        [.. _links.Where(link => link.Stored is not null).Select(link => link.Stored!.Value)];

    /// <summary>A segment was captured and is being stored.</summary>
    public void Captured(long number, bool isBase)
    {
        if (!isBase && NeedsBase)
            throw new InvalidOperationException($"The capture for checkpoint {number} had to be a base.");
        NeedsBase = false;
        _links.Add(new Link(number, isBase, null));
    }

    /// <summary>A captured segment is durable.</summary>
    public void Stored(long number, SegmentRef segment)
    {
        int index = _links.FindIndex(link => link.Number == number && link.Stored is null);
        if (index < 0)
            return;
        _links[index] = _links[index] with { Stored = segment };

        // What the segment replaces is no longer needed for any later report.
        if (_links[index].IsBase)
            _links.RemoveRange(0, index);
    }

    /// <summary>A captured segment was not stored, or it is not known whether it was.</summary>
    public void Lost(long number)
    {
        int index = _links.FindIndex(link => link.Number == number && link.Stored is null);
        if (index < 0)
            return;

        // What builds on it goes with it; a base behind it stands by itself.
        int next = _links.FindIndex(index + 1, link => link.IsBase);
        _links.RemoveRange(index, (next < 0 ? _links.Count : next) - index);
        NeedsBase |= next < 0;
    }

    /// <summary>The segments as of a checkpoint, or null if one of them is not stored.</summary>
    public IReadOnlyList<SegmentRef>? At(long number)
    {
        List<Link> links = [.. _links.Where(link => link.Number <= number)];
        int last = links.FindLastIndex(link => link.IsBase);
        if (last > 0)
            links.RemoveRange(0, last);
        return links.TrueForAll(link => link.Stored is not null) ? [.. links.Select(link => link.Stored!.Value)] : null;
    }

    /// <summary>
    /// Puts a base that was folded of the first segments, stored and read back, in their place. False if the chain no
    /// longer begins with them.
    /// </summary>
    public bool Fold(IReadOnlyList<SegmentRef> folded, SegmentRef into)
    {
        ArgumentNullException.ThrowIfNull(folded);
        if (folded.Count == 0 || folded.Count > _links.Count
            || !folded.SequenceEqual(_links.Take(folded.Count).Select(link => link.Stored ?? default)))
            return false;
        long number = _links[folded.Count - 1].Number;
        _links.RemoveRange(0, folded.Count);
        _links.Insert(0, new Link(number, true, into));
        return true;
    }

    private readonly record struct Link(long Number, bool IsBase, SegmentRef? Stored);
}
