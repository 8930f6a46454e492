namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Reads batches, in one trip to the server. Invariant: what is returned is contiguous and stood in the log at one moment
/// together; a missing or changed row is reported as corrupt, never skipped.
/// </summary>
internal sealed class LogReader(LogContext log)
{
    /// <summary>How many chunks one read looks at.</summary>
    private const int MaxChunks = 256;

    /// <summary>The partition and the chunks above an offset up to a number of events and bytes, but at least one. The
    /// bodies of those behind are not touched.</summary>
    private const string Select = """
        SELECT p.first_offset, p.next_offset, p.revision, c.from_offset, c.next_offset, c.stamp, c.payload_bytes,
            c.checksum, c.body
        FROM partitions p LEFT JOIN LATERAL (
            SELECT * FROM (
                SELECT *, sum(payload_bytes) OVER w - payload_bytes AS bytes_before, from_offset - $2 AS events_before
                FROM (
                    SELECT from_offset, next_offset, stamp, payload_bytes, checksum, body FROM chunks
                    WHERE partition = p.id AND next_offset > $2 ORDER BY next_offset LIMIT $5
                ) AS nearest
                WINDOW w AS (ORDER BY next_offset)
            ) AS counted
            WHERE bytes_before < $3 AND events_before < $4
        ) AS c ON true
        WHERE p.id = $1 ORDER BY c.next_offset
        """;

    /// <summary>Chunks that a limit cut, so that a reader with small limits does not load one again for each read. Each
    /// is used only while the partition has the revision that it was read at.</summary>
    private readonly CutChunk?[] _cut = new CutChunk?[8];
    private readonly SchemaNames _names = new();
    private readonly Lock _loading = new();
    private int _nextCut;

    public Task<LogFetch> ReadAsync(
        TopicPartition name, long from, ReadLimits limits, CancellationToken cancellation)
    {
        if (limits.MaxEvents < 1 || limits.MaxBytes < 1)
            throw AppendCheck.Invalid($"The limits of a read of {name} must be 1 or more, not {limits}.");
        if (log.Catalog.TryFind(name, out long partition) && log.Tails.TryEmpty(partition, from) is { } empty)
            return empty;
        return log.Catalog.WithAsync(name, id => ReadAsync((id, name), from, limits, cancellation), cancellation);
    }

    /// <summary>The database had this end at a moment or later.</summary>
    public void Confirm(long partition, long next, long moment) => log.Tails.Confirm(partition, next, moment);

    private async Task<LogFetch?> ReadAsync(
        (long Id, TopicPartition Name) partition, long from, ReadLimits limits, CancellationToken cancellation)
    {
        CutChunk? cut = FindCut(partition.Id, from);
        if (cut is not null)
        {
            Stored? end = await log.Database.RunAsync(
                connection => LoadAsync(connection, partition, (from, limits, MaxChunks: 0)), cancellation);
            if (end is null)
                return null;
            if (end.Revision == cut.Revision && end.First <= from)
                return await BuildAsync(partition, new FetchBuilder(from, limits, _names), end with { Chunks = [cut.Chunk] });
        }

        Stored? stored = await log.Database.RunAsync(
            connection => LoadAsync(connection, partition, (from, limits, MaxChunks)), cancellation);
        if (stored is null)
            return null;
        Check(partition.Name, from, stored);
        return from == stored.Next
            ? new LogFetch(from, from, [])
            : await BuildAsync(partition, new FetchBuilder(from, limits, _names), stored);
    }

    private static void Check(TopicPartition name, long from, Stored stored)
    {
        if (from < stored.First)
            throw new EventLogException(
                EventLogError.OffsetExpired,
                $"The offset {from} of {name} is no longer retained; the first one is {stored.First}.");
        if (from > stored.Next)
            throw AppendCheck.Invalid(
                $"The offset {from} of {name} is above the end, {stored.Next}; it is not of this log.");
    }

    private async Task<Stored?> LoadAsync(
        NpgsqlConnection connection,
        (long Id, TopicPartition Name) partition,
        (long From, ReadLimits Limits, int MaxChunks) what)
    {
        long moment = LogTails.Now;
        await using NpgsqlCommand command = Sql.Command(
            connection, Select, partition.Id, what.From, (long)what.Limits.MaxBytes, (long)what.Limits.MaxEvents,
            what.MaxChunks);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        Stored? stored = null;
        while (await row.ReadAsync())
        {
            stored ??= new Stored(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), []);
            if (row.IsDBNull(3) || !TryRead(row, partition, stored))
                break;
        }

        if (stored is not null)
            log.Tails.Confirm(partition.Id, stored.Next, moment);
        return stored;
    }

    /// <summary>Damage behind batches that were read well is left for the next read to report.</summary>
    private static bool TryRead(NpgsqlDataReader row, (long Id, TopicPartition Name) partition, Stored stored)
    {
        try
        {
            stored.Chunks.Add(ChunkRows.Read(row, 3, partition));
            return true;
        }
        catch (EventLogException failure) when (failure.Error == EventLogError.Corrupt && stored.Chunks.Count > 0)
        {
            return false;
        }
    }

    private async Task<LogFetch> BuildAsync(
        (long Id, TopicPartition Name) partition, FetchBuilder fetch, Stored stored)
    {
        foreach (Chunk chunk in stored.Chunks)
        {
            if (chunk.From > fetch.Next)
                break;
            if (await TryAddAsync(fetch, chunk))
                continue;
            _cut[Interlocked.Increment(ref _nextCut) & (_cut.Length - 1)] = new CutChunk(chunk, stored.Revision);
            break;
        }

        return !fetch.IsEmpty ? fetch.Build() : throw new EventLogException(
            EventLogError.Corrupt,
            $"The stored batches of {partition.Name} at offset {fetch.Next} are missing; restore the database from a "
            + "copy.");
    }

    /// <summary>A schema that is not known may be another process's, which stored its name before the chunk.</summary>
    private async Task<bool> TryAddAsync(FetchBuilder fetch, Chunk chunk)
    {
        int known = _names.NextNumber;
        try
        {
            return fetch.TryAdd(chunk);
        }
        catch (EventLogException failure) when (failure.Error == EventLogError.Corrupt)
        {
            if (!await LearnNamesAsync(known))
                throw;
            return fetch.TryAdd(chunk);
        }
    }

    /// <summary>Loads the names of schemas; false if there are no more than were known.</summary>
    private async Task<bool> LearnNamesAsync(int known)
    {
        List<string> names = await SchemaNumbers.LoadAsync(log.Database);
        lock (_loading)
        {
            if (names.Count >= _names.NextNumber)
                _names.Load(names);
            return _names.NextNumber > known;
        }
    }

    private CutChunk? FindCut(long partition, long offset)
    {
        foreach (CutChunk? cut in _cut)
        {
            if (cut is { Chunk: { } chunk } && chunk.Partition == partition && chunk.Covers(offset))
                return cut;
        }

        return null;
    }

    private sealed record CutChunk(Chunk Chunk, long Revision);

    /// <param name="First">Where the partition begins.</param>
    /// <param name="Next">Where it ends.</param>
    /// <param name="Revision">Of its stored chunks.</param>
    /// <param name="Chunks">What was read.</param>
    private sealed record Stored(long First, long Next, long Revision, List<Chunk> Chunks);
}
