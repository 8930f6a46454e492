namespace Weir.Connectors.Chunks;

using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>A stored append of a producer: its sequences from <see cref="Sequence"/> on are the offsets from
/// <see cref="Offset"/> on.</summary>
internal readonly record struct AppendedRange(long Sequence, long Offset, long Count, EventTime Stamp)
{
    public bool Covers(long sequence) => Sequence <= sequence && sequence < Sequence + Count;
}

/// <summary>
/// What the log knows of one producer in one partition: its epoch, its next sequence, and where its last
/// <see cref="MaxRecent"/> appends went. Invariant: the recent ranges are contiguous in sequences and end at
/// <see cref="NextSequence"/>; there is at least one.
/// </summary>
internal sealed class ProducerEntry
{
    public const int MaxRecent = 8;

    private const int RangeBytes = 4 * sizeof(long);

    private readonly List<AppendedRange> _recent = new(MaxRecent);

    /// <summary>Of a new entry below every epoch, until its first append.</summary>
    public long Epoch { get; private set; } = long.MinValue;

    public long NextSequence { get; private set; }

    public AppendedRange Last => _recent[^1];

    public void RaiseEpoch(long epoch) => Epoch = Math.Max(Epoch, epoch);

    public void Record(AppendedRange range)
    {
        if (_recent.Count == MaxRecent)
            _recent.RemoveAt(0);
        _recent.Add(range);
        NextSequence = range.Sequence + range.Count;
    }

    /// <summary>
    /// Forgets everything from a sequence on. At least one range stays, of no events if it must be: what is next is not
    /// there yet.
    /// </summary>
    /// <param name="sequence">The first that goes.</param>
    /// <param name="end">Where the partition ends now.</param>
    /// <param name="stamp">When.</param>
    public void Supersede(long sequence, long end, EventTime stamp)
    {
        long next = Math.Min(NextSequence, sequence);
        _recent.RemoveAll(range => range.Sequence >= next);
        if (_recent.Count == 0)
            Record(new AppendedRange(next, end, 0, stamp));
        else
            _recent[^1] = Last with { Count = Math.Min(Last.Count, next - Last.Sequence) };
        NextSequence = next;
    }

    /// <summary>
    /// Where the stored sequences <c>[sequence, sequence + count)</c> went. Exact while they are among the recent
    /// appends; older ones are answered with the last append, of which the caller learns no more than that it is
    /// stored.
    /// </summary>
    public AppendResult Locate(long sequence, long count)
    {
        AppendedRange first = Find(sequence) ?? Last;
        AppendedRange last = Find(sequence + count - 1) ?? Last;
        if (!first.Covers(sequence))
            return new AppendResult(last.Offset, last.Offset + last.Count, last.Stamp, WasDuplicate: true);
        long from = first.Offset + (sequence - first.Sequence);
        long next = last.Offset + (sequence + count - last.Sequence);
        return new AppendResult(from, next, last.Stamp, WasDuplicate: true);
    }

    /// <summary>The offset of a stored sequence, or null if it is older than the recent appends.</summary>
    public long? OffsetOf(long sequence) =>
        Find(sequence) is { } range ? range.Offset + (sequence - range.Sequence) : null;

    /// <summary>The recent ranges and a checksum over them and the place of the row.</summary>
    public byte[] Encode(long partition, string producer)
    {
        byte[] bytes = new byte[(_recent.Count * RangeBytes) + sizeof(ulong)];
        Span<byte> target = bytes;
        foreach (AppendedRange range in _recent)
        {
            BinaryPrimitives.WriteInt64LittleEndian(target, range.Sequence);
            BinaryPrimitives.WriteInt64LittleEndian(target[8..], range.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(target[16..], range.Count);
            BinaryPrimitives.WriteInt64LittleEndian(target[24..], range.Stamp.Milliseconds);
            target = target[RangeBytes..];
        }
        ulong checksum = Checksum(bytes.AsSpan(0, bytes.Length - sizeof(ulong)), Epoch, (partition, producer));
        BinaryPrimitives.WriteUInt64LittleEndian(target, checksum);
        return bytes;
    }

    public static ProducerEntry Decode(long partition, string producer, long epoch, ReadOnlySpan<byte> bytes)
    {
        int length = bytes.Length - sizeof(ulong);
        if (length < RangeBytes || length % RangeBytes != 0
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[length..])
                != Checksum(bytes[..length], epoch, (partition, producer)))
            throw new EventLogException(
                EventLogError.Corrupt,
                $"The log's entry of producer '{producer}' does not match its checksum; restore the log from a copy.");
        var entry = new ProducerEntry { Epoch = epoch };
        for (ReadOnlySpan<byte> source = bytes[..length]; !source.IsEmpty; source = source[RangeBytes..])
        {
            entry.Record(new AppendedRange(
                BinaryPrimitives.ReadInt64LittleEndian(source),
                BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
                new EventTime(BinaryPrimitives.ReadInt64LittleEndian(source[24..]))));
        }
        return entry;
    }

    private static ulong Checksum(ReadOnlySpan<byte> ranges, long epoch, (long Partition, string Producer) place)
    {
        ulong name = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(place.Producer), place.Partition);
        return XxHash3.HashToUInt64(ranges, (long)name ^ epoch);
    }

    private AppendedRange? Find(long sequence)
    {
        for (int i = _recent.Count - 1; i >= 0; i--)
        {
            if (_recent[i].Covers(sequence))
                return _recent[i];
        }
        return null;
    }
}
