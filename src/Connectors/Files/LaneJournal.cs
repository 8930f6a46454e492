namespace Weir.Connectors.Files;

using System.Buffers;
using System.Buffers.Binary;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Sinks;

/// <summary>
/// The text of a lane's unfinished file with the sequences that it covers, in one file, so that one flush makes both
/// durable. Invariant: what a reader accepts is the appends from the first on, whole and in order; a torn end is none.
/// </summary>
/// <remarks>
/// It begins with magic, version, first sequence and a checksum of them (4 + 4 + 8 + 4 bytes, little endian). An append
/// is the length of its text, its count of events, its first sequence, a checksum over these and the text
/// (4 + 4 + 8 + 4 bytes), and the text. Example: 2 events in 10 bytes after sequence 5 make 30 bytes and the next
/// sequence 7.
/// </remarks>
internal sealed class LaneJournal : IDisposable
{
    private const uint Magic = 0x57534A4C;
    private const int Version = 1;
    public const int HeadBytes = 20;

    private readonly IDiskFile _file;

    private LaneJournal(IDiskFile file, long start)
    {
        _file = file;
        Start = start;
        Next = start;
        Length = HeadBytes;
    }

    /// <summary>The first sequence that it can hold.</summary>
    public long Start { get; }

    /// <summary>The sequence behind its last event.</summary>
    public long Next { get; private set; }

    /// <summary>How many bytes of the file are valid.</summary>
    public long Length { get; private set; }

    public bool IsEmpty => Next == Start;

    /// <summary>Begins one; it is durable, but not its name.</summary>
    public static LaneJournal Create(IDiskFile file, long start)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], start);
        BinaryPrimitives.WriteUInt32LittleEndian(head[16..], Checksum.Of(head[..16]));
        file.Write(head, 0);
        file.Sync();
        return new LaneJournal(file, start);
    }

    /// <summary>Opens one and reads it to its end, giving the texts in order.</summary>
    /// <param name="file">The file, which the journal then owns.</param>
    /// <param name="lane">As messages name it.</param>
    /// <param name="text">Takes the text of each append.</param>
    /// <exception cref="SinkException">Corrupt: the beginning is damaged, or an append before the last.</exception>
    public static LaneJournal Read(IDiskFile file, string lane, Action<ReadOnlySpan<byte>>? text = null)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (!TryFill(file, 0, head)
            || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(head[16..]) != Checksum.Of(head[..16]))
            throw Damaged(lane, "its beginning is not what was written");
        int version = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        if (version != Version)
            throw Damaged(lane, $"it has format version {version}, and this program knows {Version}");
        var journal = new LaneJournal(file, BinaryPrimitives.ReadInt64LittleEndian(head[8..]));
        while (journal.TryReadAppend(text))
        {
        }

        return journal;
    }

    /// <summary>Appends events as text; durable when it returns. After a failure the journal must be read anew.</summary>
    /// <param name="count">Number of events, 1 or more.</param>
    /// <param name="frame">Begins with <see cref="ReserveHead"/>; the text follows.</param>
    public void Append(int count, Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - HeadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], count);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], Next);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], ChecksumOf(frame, frame[HeadBytes..]));
        _file.Write(frame, Length);
        CrashPoint.Pass(CrashLabels.SinkBeforeCommit);
        _file.Sync();
        CrashPoint.Pass(CrashLabels.SinkAfterCommit);
        Length += frame.Length;
        Next += count;
    }

    /// <summary>Room for what stands before the text of an append.</summary>
    public static void ReserveHead(IBufferWriter<byte> frame)
    {
        frame.GetSpan(HeadBytes)[..HeadBytes].Clear();
        frame.Advance(HeadBytes);
    }

    /// <summary>The same journal again from its beginning, for its texts.</summary>
    public void CopyTo(Action<ReadOnlySpan<byte>> text, string lane)
    {
        var copy = new LaneJournal(_file, Start);
        while (copy.Length < Length && copy.TryReadAppend(text))
        {
        }

        if (copy.Next != Next)
            throw Damaged(lane, $"its events end at sequence {copy.Next} and not {Next}");
    }

    public void Dispose() => _file.Dispose();

    private static uint ChecksumOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> text) =>
        Checksum.Append(Checksum.Of(head[..16]), text);

    private static bool TryFill(IDiskFile file, long at, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int read = file.Read(at, into);
            if (read == 0)
                return false;
            into = into[read..];
            at += read;
        }

        return true;
    }

    private static SinkException Damaged(string lane, string what) => new(
        SinkError.Corrupt,
        $"The unfinished file of {lane} is damaged: {what}; restore the folder '.weir' from a copy.");

    private bool TryReadAppend(Action<ReadOnlySpan<byte>>? take)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (!TryFill(_file, Length, head))
            return false;
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        int count = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        bool isPossible = length >= 0 && length <= _file.Length - Length - HeadBytes && count > 0
            && BinaryPrimitives.ReadInt64LittleEndian(head[8..]) == Next;
        if (!isPossible)
            return false;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> text = rented.AsSpan(0, length);
            if (!TryFill(_file, Length + HeadBytes, text)
                || BinaryPrimitives.ReadUInt32LittleEndian(head[16..]) != ChecksumOf(head, text))
                return false;
            take?.Invoke(text);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        Length += HeadBytes + length;
        Next += count;
        return true;
    }
}
