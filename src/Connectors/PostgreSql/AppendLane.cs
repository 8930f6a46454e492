namespace Weir.Connectors.PostgreSql;

using System.Data;
using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>
/// One connection that appends, for some of the partitions. It takes all requests that wait and commits them in one
/// transaction, so that many senders share its two trips to the server and one flush of the disk.
/// Invariant: a request is answered after the commit that holds it; a failed commit fails its whole group, and a refused
/// request only itself.
/// </summary>
/// <remarks>A connection that breaks before anything was sent to be stored is replaced and the group tried again; after
/// that the outcome is unknown, and the callers must repeat. A transaction of the broken connection that goes on still
/// holds its rows: the next one waits for it and then sees what it did.</remarks>
internal sealed class AppendLane
{
    private const int MaxAttempts = 3;

    private readonly LogContext _log;
    private readonly AppendQueue _queue;
    private readonly SchemaNames _names = new();
    private readonly LogTransactionSettings _settings;
    private NpgsqlConnection? _connection;

    public AppendLane(LogContext log)
    {
        _log = log;
        _queue = new AppendQueue(log.Options);
        _settings = log.Transactions(new ChunkEncoder(
            name => _names.TryGetNumber(name, out int number)
                ? number
                : throw new InvalidOperationException($"The schema '{name}' has no number; give it one first.")));
        Ended = Task.Run(RunAsync);
    }

    /// <summary>When the queue was closed and everything in it is answered.</summary>
    public Task Ended { get; }

    public void Add(PendingAppend append) => _queue.Add(append);

    public void Close() => _queue.Close();

    private async Task RunAsync()
    {
        var group = new List<PendingAppend>();
        while (await _queue.TakeAsync(group))
        {
            if (group.Count > 0)
                await ProcessAsync(group);
            group.Clear();
        }

        await AbandonAsync();
    }

    private async Task ProcessAsync(List<PendingAppend> group)
    {
        try
        {
            await StoreAsync(group);
        }
        catch (Exception failure)
        {
            // Whatever it was, the lane must live on: the next group begins with a fresh connection.
            await AbandonAsync();
            foreach (PendingAppend append in group)
                append.Fail(DatabaseFailure.ToEventLogException(failure, _log.Database.Where));
        }
    }

    private async Task StoreAsync(List<PendingAppend> group)
    {
        await SchemaNumbers.EnsureAsync(_log.Database, _names, group);
        for (int attempt = 1; ; attempt++)
        {
            List<(PendingAppend Append, long Partition)> known = await FindAsync(group);
            if (known.Count == 0)
                break;
            await using LogTransaction transaction = await LockAsync(known);
            if (TryDecide(transaction, known, isLast: attempt == MaxAttempts))
            {
                long moment = LogTails.Now;
                if (transaction.HasChanges)
                    await transaction.CommitAsync();
                _log.Note(transaction, moment);
                Answer(group);
                await _log.TellAsync(transaction);
                return;
            }
        }

        Answer(group);
    }

    private static void Answer(List<PendingAppend> group)
    {
        foreach (PendingAppend append in group)
            append.Answer();
    }

    /// <summary>The requests whose partitions are there as far as is known; the others are refused.</summary>
    private async Task<List<(PendingAppend Append, long Partition)>> FindAsync(List<PendingAppend> group)
    {
        var known = new List<(PendingAppend, long)>(group.Count);
        foreach (PendingAppend append in group)
        {
            try
            {
                known.Add((append, await _log.Catalog.FindAsync(append.Request.Partition)));
            }
            catch (EventLogException refusal) when (refusal.Error == EventLogError.UnknownTopic)
            {
                append.Refuse(refusal);
            }
        }

        return known;
    }

    /// <summary>Decides in order; false if a partition is gone, so that its topic has to be looked up again.</summary>
    private bool TryDecide(
        LogTransaction transaction, List<(PendingAppend Append, long Partition)> known, bool isLast)
    {
        bool isStale = false;
        foreach ((PendingAppend append, long partition) in known)
        {
            if (transaction.Find(partition) is not null)
                continue;
            _log.Catalog.Forget(append.Request.Partition.Topic);
            append.Refuse(TopicCatalog.UnknownTopic(append.Request.Partition.Topic));
            isStale = true;
        }

        if (isStale && !isLast)
            return false;
        foreach ((PendingAppend append, long partition) in known)
        {
            if (transaction.Find(partition) is { } row)
                append.Decide(row);
        }

        return true;
    }

    private async Task<LogTransaction> LockAsync(List<(PendingAppend Append, long Partition)> known)
    {
        long[] partitions = [.. known.Select(each => each.Partition).Distinct()];
        (long, string)[] producers =
        [
            .. known.Where(each => each.Append.Request.Producer is not null)
                .Select(each => (each.Partition, each.Append.Request.Producer!))
                .Distinct(),
        ];
        if (_connection is { State: not ConnectionState.Open })
            await AbandonAsync();
        bool isFresh = _connection is null;
        while (true)
        {
            _connection ??= await _log.Database.ConnectAsync();
            var transaction = new LogTransaction(_connection, _settings);
            try
            {
                await transaction.LockAsync(partitions, producers);
                return transaction;
            }
            catch (Exception failure) when (!isFresh && DatabaseFailure.IsBroken(failure))
            {
                isFresh = true;
                await AbandonAsync();
            }
        }
    }

    private async Task AbandonAsync()
    {
        NpgsqlConnection? connection = _connection;
        _connection = null;
        try
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure) || failure is InvalidOperationException)
        {
            // It is given up because it failed.
        }
    }
}
