namespace Weir.Connectors.Files;

using System.Buffers;
using System.Buffers.Binary;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Sinks;

/// <summary>
/// Which appends a lane's unfinished file is made of: the sequences, lengths and checksums of texts that lie in a file of
/// their own, as it will be finished. Invariant: what a reader accepts is the appends from the first on, whole and in order;
/// a torn end is none.
/// </summary>
/// <remarks>
/// It begins with magic, version, first sequence, the epoch in the name of the file with the texts, and a checksum of them
/// (4 + 4 + 8 + 8 + 4 bytes, little endian). An append is the length of its text, its count of events, its first sequence
/// and a checksum over these and the text (4 + 4 + 8 + 4 bytes); the text is durable before. Example: 2 events in 10 bytes
/// after sequence 5 make 20 bytes here, 10 bytes there, and the next sequence 7. In version 1 there is no epoch, and each
/// text follows its append, without what a finished file begins with.
/// </remarks>
internal sealed class LaneJournal : IDisposable
{
    private const uint Magic = 0x57534A4C;
    private const int Version = 2;
    private const int VersionInOneFile = 1;
    private const int HeadBytes = 28;
    private const int HeadBytesInOneFile = 20;
    private const int AppendBytes = 20;

    private readonly IDiskFile _file;

    // Null in version 1.
    private readonly IDiskFile? _text;

    private LaneJournal(IDiskFile file, IDiskFile? text, long start)
    {
        _file = file;
        _text = text;
        Start = start;
        Next = start;
        Length = text is null ? HeadBytesInOneFile : HeadBytes;
    }

    /// <summary>The first sequence that it can hold.</summary>
    public long Start { get; }

    /// <summary>The sequence behind its last event.</summary>
    public long Next { get; private set; }

    /// <summary>How many bytes of the journal are valid.</summary>
    public long Length { get; private set; }

    /// <summary>How many bytes its texts have.</summary>
    public long TextLength { get; private set; }

    public bool IsEmpty => Next == Start;

    /// <summary>Whether the first text begins with what a finished file begins with.</summary>
    public bool HoldsHeader => _text is not null;

    /// <summary>Writes the beginning of one that is empty; it is durable, but not its name.</summary>
    /// <param name="file">An empty file.</param>
    /// <param name="start">The first sequence.</param>
    /// <param name="epoch">In the name that the file with the texts will have.</param>
    public static void WriteHead(IDiskFile file, long start, long epoch)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], start);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(head[24..], Checksum.Of(head[..24]));
        file.Write(head, 0);
        file.Sync();
    }

    /// <summary>Begins to append to one of which there is only the beginning.</summary>
    /// <param name="file">The journal, which owns both files then.</param>
    /// <param name="text">An empty file for the texts.</param>
    /// <param name="start">The first sequence, as at the beginning.</param>
    public static LaneJournal Begin(IDiskFile file, IDiskFile text, long start) => new(file, text, start);

    /// <summary>Opens one and reads it to its end, giving the texts in order.</summary>
    /// <param name="file">The file, which the journal then owns.</param>
    /// <param name="lane">As messages name it.</param>
    /// <param name="textOf">Opens the file with the texts by the epoch in its name; asked only if there are any.</param>
    /// <param name="text">Takes the text of each append.</param>
    /// <exception cref="SinkException">Corrupt: the beginning is damaged.</exception>
    public static LaneJournal Read(
        IDiskFile file, string lane, Func<long, IDiskFile> textOf, Action<ReadOnlySpan<byte>>? text = null)
    {
        LaneJournal journal = ReadHead(file, lane, textOf);
        while (journal.TryReadAppend(text))
        {
        }

        return journal;
    }

    /// <summary>Appends events as text; durable when it returns. After a failure the journal must be read anew.</summary>
    /// <param name="count">Number of events, 1 or more.</param>
    /// <param name="text">Their text.</param>
    public void Append(int count, ReadOnlySpan<byte> text)
    {
        _text!.Write(text, TextLength);
        _text.Sync();
        Span<byte> append = stackalloc byte[AppendBytes];
        BinaryPrimitives.WriteInt32LittleEndian(append, text.Length);
        BinaryPrimitives.WriteInt32LittleEndian(append[4..], count);
        BinaryPrimitives.WriteInt64LittleEndian(append[8..], Next);
        BinaryPrimitives.WriteUInt32LittleEndian(append[16..], ChecksumOf(append, text));
        _file.Write(append, Length);
        CrashPoint.Pass(CrashLabels.SinkBeforeCommit);
        _file.Sync();
        CrashPoint.Pass(CrashLabels.SinkAfterCommit);
        Length += AppendBytes;
        TextLength += text.Length;
        Next += count;
    }

    /// <summary>The same journal again from its beginning, for its texts.</summary>
    public void CopyTo(Action<ReadOnlySpan<byte>> text, string lane)
    {
        var copy = new LaneJournal(_file, _text, Start);
        while (copy.Length < Length && copy.TryReadAppend(text))
        {
        }

        if (copy.Next != Next)
            throw Damaged(lane, $"its events end at sequence {copy.Next} and not {Next}");
    }

    public void Dispose()
    {
        _text?.Dispose();
        _file.Dispose();
    }

    public static SinkException Damaged(string lane, string what) => new(
        SinkError.Corrupt,
        $"The unfinished file of {lane} is damaged: {what}; restore the folder '.weir' from a copy.");

    private static LaneJournal ReadHead(IDiskFile file, string lane, Func<long, IDiskFile> textOf)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (!TryFill(file, 0, head[..8]) || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic)
            throw NotWritten(lane);
        int version = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        int length = version == VersionInOneFile ? HeadBytesInOneFile : HeadBytes;
        if (!TryFill(file, 0, head[..length])
            || BinaryPrimitives.ReadUInt32LittleEndian(head[(length - 4)..]) != Checksum.Of(head[..(length - 4)]))
            throw NotWritten(lane);
        if (version is not (Version or VersionInOneFile))
            throw Damaged(lane, $"it has format version {version}, and this program knows {Version}");
        long start = BinaryPrimitives.ReadInt64LittleEndian(head[8..]);
        if (version == VersionInOneFile)
            return new LaneJournal(file, null, start);

        // Where nothing was appended, the name of the file with the texts may have been lost with the power.
        IDiskFile text = file.Length > HeadBytes ? textOf(BinaryPrimitives.ReadInt64LittleEndian(head[16..])) : NoFile.Instance;
        return new LaneJournal(file, text, start);
    }

    private static SinkException NotWritten(string lane) => Damaged(lane, "its beginning is not what was written");

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

    private bool TryReadAppend(Action<ReadOnlySpan<byte>>? take)
    {
        Span<byte> head = stackalloc byte[AppendBytes];
        if (!TryFill(_file, Length, head))
            return false;
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        int count = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        (IDiskFile source, long at) = _text is null ? (_file, Length + AppendBytes) : (_text, TextLength);
        bool isPossible = length >= 0 && length <= source.Length - at && count > 0
            && BinaryPrimitives.ReadInt64LittleEndian(head[8..]) == Next;
        if (!isPossible)
            return false;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> text = rented.AsSpan(0, length);
            if (!TryFill(source, at, text)
                || BinaryPrimitives.ReadUInt32LittleEndian(head[16..]) != ChecksumOf(head, text))
                return false;
            take?.Invoke(text);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        Length += AppendBytes + (_text is null ? length : 0);
        TextLength += length;
        Next += count;
        return true;
    }

    /// <summary>Texts of a journal that has none.</summary>
    private sealed class NoFile : IDiskFile
    {
        public static readonly NoFile Instance = new();

        public long Length => 0;

        public int Read(long at, Span<byte> into) => 0;

        public void Write(ReadOnlySpan<byte> bytes, long at) => throw new NotSupportedException();

        public void Sync()
        {
        }

        public void Dispose()
        {
        }
    }
}
