namespace Weir.Connectors.Sqlite;

using System.Buffers.Binary;
using Weir.Protocol.Logs;

/// <summary>
/// Looks at the file of appends that have not yet been copied into the database, as a killed process left it. SQLite
/// takes what stands behind a damaged frame for a transaction that was never finished and drops it without a word, with
/// everything after it. Invariant: what is refused here was durable; what a crash can leave behind is not refused.
/// </summary>
/// <remarks>
/// <para>Each frame's checksum goes on from that of the frame before. Behind a frame that does not match, at most one
/// transaction may follow: the one that was being written, since a transaction begins only when the one before it has
/// reached the disk. Two ends of transactions on one chain of matching frames behind it mean that it once was whole.
/// </para>
/// <para>Example: frames A B* C D* E*, where * ends a transaction. If C is damaged, D* and E* still match each other, so
/// C was durable. If E is damaged nothing follows, and the transaction is taken for one that was not finished: damage in
/// the last one or two transactions can not be told from a crash.</para>
/// </remarks>
internal sealed class WriteAheadLog
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const uint Magic = 0x377f0682;

    private readonly byte[] _bytes;
    private readonly int _pageSize;
    private bool _isBigEndian;

    private WriteAheadLog(byte[] bytes, int pageSize)
    {
        _bytes = bytes;
        _pageSize = pageSize;
        _isBigEndian = (Word(0) & 1) != 0;
    }

    private int Frames => (_bytes.Length - HeaderBytes) / (FrameHeaderBytes + _pageSize);

    /// <summary>Reads the file beside a database that nobody has open.</summary>
    /// <exception cref="EventLogException">It is damaged where it was durable.</exception>
    public static void Check(string database)
    {
        var file = new FileInfo(database + "-wal");
        if (!file.Exists || file.Length < HeaderBytes || !File.Exists(database))
            return;
        var log = new WriteAheadLog(File.ReadAllBytes(file.FullName), PageSizeOf(database));
        if (log.FindDamage() is { } frame)
            throw new EventLogException(
                EventLogError.Corrupt,
                $"The event log is damaged: frame {frame} of '{file.FullName}' does not match its checksum, and later "
                + "appends stand behind it; restore the files from a copy.");
    }

    private int? FindDamage()
    {
        (uint, uint) sum = Sum((0, 0), HeaderBytes - 8, at: 0);
        bool isHeaderWhole = (Word(0) & ~1u) == Magic && sum == Pair(HeaderBytes - 8);
        int frame = 0;
        for (; isHeaderWhole && frame < Frames; frame++)
        {
            sum = SumOf(frame, sum);
            if (Salts(frame) != Pair(16) || sum != Pair(At(frame) + 16))
                break;
        }

        if (isHeaderWhole)
            return EndsBehind(frame, Pair(16)) ? frame : null;

        // What the header says of the frames may be what is damaged in it.
        foreach (bool isBigEndian in (bool[])[false, true])
        {
            _isBigEndian = isBigEndian;
            if (EndsBehind(frame, SaltsOfMost()))
                return frame;
        }

        return null;
    }

    /// <summary>Whether two transactions end on one chain of matching frames behind a frame.</summary>
    private bool EndsBehind(int frame, (uint, uint) salts)
    {
        int ends = 0;
        for (int next = frame + 1; next < Frames; next++)
        {
            bool isMatching = Salts(next) == salts && SumOf(next, Pair(At(next - 1) + 16)) == Pair(At(next) + 16);
            ends = !isMatching ? 0 : Word(At(next) + 4) != 0 ? ends + 1 : ends;
            if (ends == 2)
                return true;
        }

        return false;
    }

    private (uint, uint) SaltsOfMost() =>
        Frames == 0 ? default : Enumerable.Range(0, Frames).Select(Salts).CountBy(salts => salts).MaxBy(each => each.Value).Key;

    private (uint, uint) SumOf(int frame, (uint, uint) before) =>
        Sum(Sum(before, 8, At(frame)), _pageSize, At(frame) + FrameHeaderBytes);

    private (uint, uint) Sum((uint First, uint Second) sum, int length, int at)
    {
        for (int end = at + length; at < end; at += 8)
        {
            sum.First += Number(at) + sum.Second;
            sum.Second += Number(at + 4) + sum.First;
        }

        return sum;
    }

    private int At(int frame) => HeaderBytes + (frame * (FrameHeaderBytes + _pageSize));

    private (uint, uint) Salts(int frame) => Pair(At(frame) + 8);

    private (uint, uint) Pair(int at) => (Word(at), Word(at + 4));

    private uint Word(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));

    // What checksums are made of; they themselves are stored as all other numbers.
    private uint Number(int at) =>
        _isBigEndian ? Word(at) : BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));

    // The database says it too, in a page that a damaged log has not touched. A new one has not been written yet.
    private static int PageSizeOf(string database)
    {
        Span<byte> header = stackalloc byte[18];
        using FileStream file = File.OpenRead(database);
        int size = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
            ? BinaryPrimitives.ReadUInt16BigEndian(header[16..])
            : 0;
        return size switch
        {
            1 => 65_536,
            >= 512 when (size & (size - 1)) == 0 => size,
            _ => LogFile.PageSize,
        };
    }
}
