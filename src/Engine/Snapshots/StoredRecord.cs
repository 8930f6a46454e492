namespace Weir.Engine.Snapshots;

using Weir.Engine.Codecs;

/// <summary>
/// A key's record as a segment has it: <paramref name="Bytes"/> is the key as a blob, its number, and what it holds.
/// Records are in order by hash, and those of one hash by their keys; two that compare as equal are of one key.
/// </summary>
internal readonly record struct StoredRecord(
    uint Hash, long Birth, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Bytes) : IComparable<StoredRecord>
{
    // Number 0 says that a key went, and a record of it holds nothing more.
    public static StoredRecord Read(uint hash, ReadOnlyMemory<byte> bytes, ByteReader scratch)
    {
        scratch.Reset(bytes);
        ReadOnlyMemory<byte> key = scratch.ReadBlob();
        ulong birth = scratch.ReadVarint();
        if (birth > long.MaxValue)
            throw new CorruptDataException($"a key of the segment has the impossible number {birth}");
        if (birth == 0 && scratch.Remaining > 0)
            throw new CorruptDataException("a key that went holds something");
        return new StoredRecord(hash, (long)birth, key, bytes);
    }

    // The bytes begin with the length of the key and the key, so two keys differ before anything else comes.
    public int CompareTo(StoredRecord other)
    {
        if (Hash != other.Hash)
            return Hash.CompareTo(other.Hash);
        return Key.Span.SequenceEqual(other.Key.Span) ? 0 : Bytes.Span.SequenceCompareTo(other.Bytes.Span);
    }
}
