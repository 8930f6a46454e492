namespace Weir.Connectors.PostgreSql;

using System.Data;
using Npgsql;
using Weir.Engine.Codecs;
using Weir.Protocol.Checkpoints;

/// <summary>A file in the database: its identifier, its length and that of its rows.</summary>
internal sealed record StoredRows(long Id, string Name, long Length, int RowBytes);

/// <summary>
/// A file of the store, open to be read by any number of threads. Small reads take a block of the file and keep the last
/// few: bytes never change, and a reader of pages goes on where it was.
/// </summary>
internal sealed class PostgreSqlStoredFile(WeirDatabase database, StoredRows rows, Action<PostgreSqlStoredFile> closed)
    : IStoredFile
{
    private const int BlockBytes = 64 << 10;
    private const int KeptBlocks = 4;

    private readonly Lock _gate = new();
    private readonly Queue<(long At, byte[] Bytes)> _blocks = new(KeptBlocks);

    public long Length => rows.Length;

    public void Read(long at, Span<byte> into)
    {
        if (at < 0 || at > Length - into.Length)
            throw new CorruptDataException(
                $"the stored file '{rows.Name}' has {Length} bytes, not {into.Length} at {at}");
        while (!into.IsEmpty)
        {
            long block = at / BlockBytes * BlockBytes;
            if (at == block && into.Length >= BlockBytes)
            {
                Load(at, into);
                return;
            }

            ReadOnlySpan<byte> rest = BlockAt(block).AsSpan((int)(at - block));
            int taken = Math.Min(rest.Length, into.Length);
            rest[..taken].CopyTo(into);
            into = into[taken..];
            at += taken;
        }
    }

    public void Dispose() => closed(this);

    private byte[] BlockAt(long at)
    {
        lock (_gate)
        {
            foreach ((long start, byte[] bytes) in _blocks)
            {
                if (start == at)
                    return bytes;
            }
        }

        byte[] block = new byte[Math.Min(BlockBytes, Length - at)];
        Load(at, block);
        lock (_gate)
        {
            if (_blocks.Count == KeptBlocks)
                _blocks.Dequeue();
            _blocks.Enqueue((at, block));
        }

        return block;
    }

    private void Load(long at, Span<byte> into)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                TryLoad(at, into);
                return;
            }
            catch (NpgsqlException failure) when (isFirst && DatabaseFailure.IsBroken(failure))
            {
                database.Clear();
            }
            catch (Exception failure) when (DatabaseFailure.Is(failure))
            {
                throw database.Translate(failure);
            }
        }
    }

    private void TryLoad(long at, Span<byte> into)
    {
        const string Select = """
            SELECT number, substring(body FROM (greatest($2 - number::int8 * $4, 0) + 1)::int4
                FOR (least($3 - number::int8 * $4, $4) - greatest($2 - number::int8 * $4, 0))::int4)
            FROM checkpoint_bytes WHERE file = $1 AND number BETWEEN $2 / $4 AND ($3 - 1) / $4 ORDER BY number
            """;
        using BlockingConnections.Lease lease = database.Connect();
        using NpgsqlCommand command = Sql.Command(
            lease.Connection, Select, rows.Id, at, at + into.Length, (long)rows.RowBytes);
        using NpgsqlDataReader row = command.ExecuteReader(CommandBehavior.SequentialAccess);
        long number = at / rows.RowBytes;
        while (row.Read())
        {
            using Stream bytes = row.GetInt32(0) == number++ ? row.GetStream(1) : Stream.Null;
            if (bytes.Length > into.Length || bytes.Length == 0)
                break;
            int length = (int)bytes.Length;
            bytes.ReadExactly(into[..length]);
            into = into[length..];
        }

        if (!into.IsEmpty)
            throw new CorruptDataException(
                $"bytes of the stored file '{rows.Name}' are missing at {at}; it was removed while it was open, or the "
                + "database is damaged");
    }
}
