namespace Weir.Engine.Snapshots;

using Weir.Engine.Codecs;

/// <summary>
/// Makes one base of a chain of segments without knowing what they hold, for storage that tidies up in the background.
/// Invariant: the base has the same bytes as one that the group would have captured in place of the chain's last
/// segment. With one grain per key it may name timers that no key has any more.
/// </summary>
public static class SegmentFold
{
    /// <summary>The base that holds what a chain holds: of each key the newest record, and none of keys that went.</summary>
    /// <param name="chain">A base and what was captured after it, oldest first; one or more.</param>
    /// <exception cref="CorruptDataException">A segment is damaged, or they do not belong together.</exception>
    public static byte[] Merge(IReadOnlyList<ISegmentBytes> chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentOutOfRangeException.ThrowIfZero(chain.Count, nameof(chain));
        SegmentReader[] segments = SegmentChain.Open(chain);
        var fold = new SegmentWriter();
        SegmentHeader.OfChain(segments).Write(fold.Writer);
        fold.EndHeader();
        foreach (StoredRecord record in SegmentChain.Records(segments))
            fold.Add(record.Hash, record.Bytes.Span);
        return fold.Finish().ToArray();
    }
}
