namespace Weir.Engine.Snapshots;

using Weir.Engine.Codecs;

/// <summary>
/// A base and the changes after it as one: of each key the newest record counts. All of them have their records in one
/// order, so they pass side by side, and none has to be held.
/// </summary>
/// <remarks>
/// Base: a, b, d; changes: b changed, c came, d went. The first of both are a and b: a is given. Then b and b: that of the
/// changes is given, and both go on. Then d and c: c. Then d and d: it went, so nothing is given.
/// </remarks>
internal static class SegmentChain
{
    /// <summary>Opens the segments of a chain.</summary>
    public static SegmentReader[] Open(IReadOnlyList<ISegmentBytes> chain) =>
        [.. chain.Select(bytes => new SegmentReader(bytes))];

    /// <summary>The live records of a chain, in the order of a segment.</summary>
    /// <param name="chain">Oldest first.</param>
    public static IEnumerable<StoredRecord> Records(IReadOnlyList<SegmentReader> chain)
    {
        List<IEnumerator<StoredRecord>> heads = [];
        try
        {
            foreach (SegmentReader segment in chain)
            {
                IEnumerator<StoredRecord> records = segment.Records().GetEnumerator();
                heads.Add(records);
                if (!records.MoveNext())
                    heads.Remove(records);
            }

            while (heads.Count > 0)
            {
                StoredRecord record = TakeNext(heads);
                if (record.Birth > 0)
                    yield return record;
            }
        }
        finally
        {
            foreach (IEnumerator<StoredRecord> records in heads)
                records.Dispose();
        }
    }

    /// <summary>The newest record of a key, and which segment has it; null if the key is not there.</summary>
    public static (int Segment, StoredRecord Record)? Find(
        IReadOnlyList<SegmentReader> chain, uint hash, ReadOnlySpan<byte> key)
    {
        for (int i = chain.Count - 1; i >= 0; i--)
        {
            if (chain[i].Find(hash, key) is { } record)
                return record.Birth == 0 ? null : (i, record);
        }

        return null;
    }

    // Of the first keys, the lowest, and of that the newest record; whoever has it goes on.
    private static StoredRecord TakeNext(List<IEnumerator<StoredRecord>> heads)
    {
        StoredRecord next = heads[^1].Current;
        for (int i = heads.Count - 2; i >= 0; i--)
        {
            StoredRecord other = heads[i].Current;
            if (other.CompareTo(next) < 0)
                next = other;
        }

        for (int i = heads.Count - 1; i >= 0; i--)
        {
            if (heads[i].Current.CompareTo(next) != 0 || heads[i].MoveNext())
                continue;
            heads[i].Dispose();
            heads.RemoveAt(i);
        }

        return next;
    }
}
