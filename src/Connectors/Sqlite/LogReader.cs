namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>
/// Reads batches: at the end from memory, otherwise from the database on a thread of the pool, since a disk may block.
/// Invariant: what is returned is contiguous; a missing or changed row is reported as corrupt, never skipped.
/// </summary>
internal sealed class LogReader(LogStore store, ReadConnections connections)
{
    /// <summary>Chunks that a limit cut, so that a reader with small limits does not load one again for each read; each
    /// with the revision that the store had before it was read.</summary>
    private readonly CutChunk?[] _cut = new CutChunk?[8];
    private int _nextCut;

    public Task<LogFetch> ReadAsync(
        TopicPartition name, long from, ReadLimits limits, CancellationToken cancellation)
    {
        if (limits.MaxEvents < 1 || limits.MaxBytes < 1)
            throw AppendCheck.Invalid($"The limits of a read of {name} must be 1 or more, not {limits}.");
        PartitionState partition = LogStore.Require(store.Topics, name);
        PartitionTail tail = partition.Published;
        if (from == tail.Info.Next)
            return tail.EmptyFetch;
        if (from < tail.Info.First)
            throw Expired(name, from, tail.Info.First);
        if (from > tail.Info.Next)
            throw AppendCheck.Invalid(
                $"The offset {from} of {name} is above the end, {tail.Info.Next}; it is not of this log.");
        var fetch = new FetchBuilder(from, limits, store.Names);
        ReadMemory(partition, fetch, tail.Info.Next);
        return fetch.IsEmpty
            ? connections.UseAsync(connection => ReadStored(connection, partition, fetch, tail.Info.Next), cancellation)
            : Task.FromResult(fetch.Build());
    }

    // A commit is in the database, and in memory, a moment before it is published. Who was given a part of it would go
    // on at an offset that the log does not know yet, so a read ends where the published tail does.
    private void ReadMemory(PartitionState partition, FetchBuilder fetch, long end)
    {
        while (fetch.Next < end && FindInMemory(partition.Id, fetch.Next) is { } chunk && fetch.TryAdd(chunk))
        {
        }
    }

    private Chunk? FindInMemory(long partition, long offset)
    {
        if (store.Recent.Find(partition, offset) is { } recent)
            return recent;
        long revision = store.Revision;
        foreach (CutChunk? cut in _cut)
        {
            if (cut is { Chunk: { } chunk } && cut.Revision == revision
                && chunk.Partition == partition && chunk.Covers(offset))
                return chunk;
        }
        return null;
    }

    private LogFetch ReadStored(ReadConnection connection, PartitionState partition, FetchBuilder fetch, long end)
    {
        long revision = store.Revision;
        using (SqliteDataReader rows = connection.ChunksAbove(partition.Id, fetch.Next))
        {
            while (fetch.Next < end && rows.Read() && TryLoad(rows, partition, fetch) is { } chunk)
            {
                if (fetch.TryAdd(chunk))
                    continue;
                if (revision % 2 == 0)
                    _cut[Interlocked.Increment(ref _nextCut) & (_cut.Length - 1)] = new CutChunk(chunk, revision);
                break;
            }
        }
        return fetch.IsEmpty ? throw Missing(connection, partition, fetch.Next) : fetch.Build();
    }

    /// <summary>The row's chunk, or null if it is not the one that is needed. Damage behind batches that were read
    /// well is left for the next read to report.</summary>
    private static Chunk? TryLoad(SqliteDataReader row, PartitionState partition, FetchBuilder fetch)
    {
        if (ChunkRow.Read(row).From > fetch.Next)
            return null;
        try
        {
            return ChunkRow.ReadChunk(row, partition);
        }
        catch (EventLogException failure) when (failure.Error == EventLogError.Corrupt && !fetch.IsEmpty)
        {
            return null;
        }
    }

    /// <summary>The chunk was there by what was published. Either it was removed since, which moved the partition's
    /// first offset in the same transaction, or it is lost.</summary>
    private static EventLogException Missing(ReadConnection connection, PartitionState partition, long from)
    {
        long? first = connection.FirstOffset(partition.Id);
        if (first is null)
            return new EventLogException(
                EventLogError.UnknownTopic, $"The topic of {partition.Name} was deleted while it was read.");
        return from < first ? Expired(partition.Name, from, first.Value) : new EventLogException(
            EventLogError.Corrupt,
            $"The stored batches of {partition.Name} at offset {from} are missing; restore the log from a copy.");
    }

    private static EventLogException Expired(TopicPartition name, long from, long first) => new(
        EventLogError.OffsetExpired,
        $"The offset {from} of {name} is no longer retained; the first one is {first}.");

    private sealed record CutChunk(Chunk Chunk, long Revision);
}
