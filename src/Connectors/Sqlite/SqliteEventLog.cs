namespace Weir.Connectors.Sqlite;

using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>
/// An event log in one SQLite file, for a single process. Invariant: what was answered is on the disk; all decisions
/// are made by one writer inside the transaction that stores their outcome.
/// </summary>
/// <remarks>
/// Appends that wait together are committed together, so that throughput grows with the number of senders. One append
/// call becomes one row per MiB, with a checksum that every read compares.
/// </remarks>
public sealed class SqliteEventLog : IEventLog
{
    private readonly SqliteEventLogOptions _options;
    private readonly LogFile _file;
    private readonly LogFileLock _lock;
    private readonly LogStore _store;
    private readonly ReadConnections _connections;
    private readonly LogReader _reader;
    private readonly WriteQueue _queue;
    private readonly LogWriter _writer;
    private readonly AppendWatchers _watchers = new();
    private int _isDisposed;

    private SqliteEventLog(SqliteEventLogOptions options, LogFile file, LogFileLock fileLock, LogStore store)
    {
        _options = options;
        _file = file;
        _lock = fileLock;
        _store = store;
        _connections = new ReadConnections(file, options.ReadConnections);
        _reader = new LogReader(store, _connections);
        _queue = new WriteQueue(options);
        _writer = new LogWriter(store, _queue, _watchers, options.Path);
    }

    /// <inheritdoc/>
    public LogCapabilities Capabilities { get; } =
        new(KeepsBatches: true, DedupesProducers: true, Pins: true, Ticks: true) { Supersedes = true };

    /// <summary>
    /// Opens the log of a file, which is created or migrated as needed. Fails with
    /// <see cref="EventLogError.Unavailable"/> if another process has it open, with
    /// <see cref="EventLogError.Incompatible"/> if a newer release or another program wrote it, and with
    /// <see cref="EventLogError.Corrupt"/> if it is damaged.
    /// </summary>
    public static Task<SqliteEventLog> OpenAsync(
        SqliteEventLogOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Task.Run(() => Open(options with { Path = Path.GetFullPath(options.Path) }), cancellation);
    }

    /// <inheritdoc/>
    public async Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default)
    {
        AppendCheck.Check(spec);
        return await SubmitAsync(new CreateTopicCommand(spec), cancellation);
    }

    /// <inheritdoc/>
    public Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default) =>
        Task.FromResult(_store.Topics.GetValueOrDefault(topic)?.Info);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default) =>
        Task.FromResult<IReadOnlyList<TopicInfo>>([.. _store.Topics.Values.Select(topic => topic.Info)]);

    /// <inheritdoc/>
    public async Task DeleteTopicAsync(string topic, CancellationToken cancellation = default)
    {
        await SubmitAsync(new DeleteTopicCommand(topic), cancellation);
        while (await SubmitAsync(new SweepCommand(), cancellation))
        {
        }
    }

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default)
    {
        AppendSize size = AppendCheck.Check(request, _options.MaxRequestBytes);
        return await SubmitAsync(new AppendCommand(request, size), cancellation);
    }

    /// <inheritdoc/>
    public Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default)
    {
        try
        {
            return _reader.ReadAsync(partition, from, limits, cancellation);
        }
        catch (EventLogException refusal)
        {
            return Task.FromException<LogFetch>(refusal);
        }
    }

    /// <inheritdoc/>
    public Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default)
    {
        try
        {
            return Task.FromResult(LogStore.Require(_store.Topics, partition).Published.Info);
        }
        catch (EventLogException refusal)
        {
            return Task.FromException<PartitionInfo>(refusal);
        }
    }

    /// <inheritdoc/>
    public async Task<long?> LastSequenceAsync(
        string producer, TopicPartition partition, CancellationToken cancellation = default)
    {
        AppendCheck.CheckName("producer", producer);
        long id = LogStore.Require(_store.Topics, partition).Id;
        long? next = await _connections.UseAsync(connection => connection.NextSequence(id, producer), cancellation);
        return next - 1;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListProducersAsync(
        TopicPartition partition, string prefix, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        try
        {
            long id = LogStore.Require(_store.Topics, partition).Id;
            return _connections.UseAsync(connection => connection.Producers(id, prefix), cancellation);
        }
        catch (EventLogException refusal)
        {
            return Task.FromException<IReadOnlyList<string>>(refusal);
        }
    }

    /// <inheritdoc/>
    /// <remarks>What a log of the first format had stored before it was migrated can not be taken back.</remarks>
    public async Task<long> SupersedeAsync(SupersedeRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        AppendCheck.CheckName("producer", request.Producer);
        if (request.FromSequence < 0)
            throw AppendCheck.Invalid(
                $"What is taken back of {request.Partition} begins at sequence {request.FromSequence}; it must be 0 or more.");
        return await SubmitAsync(new SupersedeCommand(request), cancellation);
    }

    /// <inheritdoc/>
    public Task SealAsync(string topic, CancellationToken cancellation = default) =>
        SubmitAsync(new SealCommand(topic), cancellation);

    /// <inheritdoc/>
    public async Task PinAsync(
        string pin, TopicPartition partition, long offset, CancellationToken cancellation = default)
    {
        AppendCheck.CheckName("pin", pin);
        await SubmitAsync(new PinCommand(pin, partition, offset), cancellation);
    }

    /// <inheritdoc/>
    public async Task ReleasePinAsync(string pin, CancellationToken cancellation = default)
    {
        AppendCheck.CheckName("pin", pin);
        await SubmitAsync(new ReleasePinCommand(pin), cancellation);
    }

    /// <inheritdoc/>
    public Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default) =>
        RemoveAsync(new RemovalCommand([partition], RemovalRule.Truncate(before)), cancellation);

    /// <inheritdoc/>
    public async Task ApplyRetentionAsync(CancellationToken cancellation = default)
    {
        foreach (TopicState topic in _store.Topics.Values)
        {
            TopicPartition[] partitions = [.. topic.Partitions.Select(partition => partition.Name)];
            RemovalRule rule = RemovalRule.Retain(topic.Spec.Retention, _store.Now);
            try
            {
                await RemoveAsync(new RemovalCommand(partitions, rule) { ExpiresProducers = true }, cancellation);
            }
            catch (EventLogException refusal) when (refusal.Error == EventLogError.UnknownTopic)
            {
                // Deleted since the list was made: nothing to retain.
            }
        }
    }

    /// <inheritdoc/>
    public IDisposable Watch(Action<TopicPartition, long> appended) => _watchers.Add(appended);

    /// <summary>Refuses new requests, finishes those that wait, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _writer.Ended;
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _connections.DisposeAsync();
        _file.Dispose();
        _lock.Dispose();
    }

    private static SqliteEventLog Open(SqliteEventLogOptions options)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(options.Path)!);
        LogFileLock fileLock = LogFileLock.Acquire(options.Path);
        var file = new LogFile(options);
        var store = new LogStore(file, options);
        try
        {
            store.Open();
            var log = new SqliteEventLog(options, file, fileLock, store);
            _ = log.FinishDeletionsAsync();
            return log;
        }
        catch (Exception failure)
        {
            store.Dispose();
            file.Dispose();
            fileLock.Dispose();
            throw StorageFailure.ToEventLogException(failure, options.Path);
        }
    }

    /// <summary>Goes on with deletions that an earlier process did not finish.</summary>
    private async Task FinishDeletionsAsync()
    {
        try
        {
            while (await SubmitAsync(new SweepCommand(), CancellationToken.None))
            {
            }
        }
        catch (Exception failure) when (failure is EventLogException or ObjectDisposedException)
        {
            // The next deletion or the next start goes on with it; nobody reads these chunks.
        }
    }

    private async Task RemoveAsync(RemovalCommand command, CancellationToken cancellation)
    {
        while (await SubmitAsync(command, cancellation))
            command = command.Continue();
    }

    private async Task<T> SubmitAsync<T>(WriteCommand<T> command, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _queue.Add(command);
        using (cancellation.UnsafeRegister(
            static (state, token) => ((WriteCommand<T>)state!).Cancel(token), command))
            return await command.Answered;
    }
}
