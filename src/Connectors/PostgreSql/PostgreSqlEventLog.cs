namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// An event log in a PostgreSQL database, for any number of processes at once. Invariant: what was answered is durable;
/// all decisions about a partition are made while its row is locked, in the transaction that stores their outcome.
/// </summary>
/// <remarks>
/// Appends that wait together in a process are committed together, so that throughput grows with the number of senders.
/// One append call becomes one row per MiB, with a checksum that every read compares. What other processes append is
/// noticed by notifications of the database; "nothing new" is at most <see cref="PostgreSqlEventLogOptions.TailAge"/> old.
/// While the database is away everything fails as <see cref="EventLogError.Unavailable"/>, and goes on by itself after.
/// </remarks>
public sealed class PostgreSqlEventLog : IEventLog
{
    private readonly PostgreSqlEventLogOptions _options;
    private readonly WeirDatabase _database;
    private readonly TopicCatalog _catalog;
    private readonly TopicStore _topics;
    private readonly ChunkRemoval _removal;
    private readonly ChunkSupersede _supersede;
    private readonly LogReader _reader;
    private readonly AppendLane[] _lanes;
    private readonly AppendListener _listener;
    private readonly AppendWatchers _watchers = new();
    private int _isClosed;

    private PostgreSqlEventLog(PostgreSqlEventLogOptions options, WeirDatabase database)
    {
        _options = options;
        _database = database;
        _catalog = new TopicCatalog(database);
        var context = new LogContext(options, database, _catalog, new LogTails(options.TailAge), _watchers);
        _topics = new TopicStore(context);
        _removal = new ChunkRemoval(context);
        _supersede = new ChunkSupersede(context);
        _reader = new LogReader(context);
        _lanes = new AppendLane[options.AppendConnections];
        for (int i = 0; i < _lanes.Length; i++)
            _lanes[i] = new AppendLane(context);
        _listener = new AppendListener(context);
    }

    /// <inheritdoc/>
    public LogCapabilities Capabilities { get; } =
        new(KeepsBatches: true, DedupesProducers: true, Pins: true, Ticks: true) { Supersedes = true };

    /// <summary>
    /// Opens the log of a schema, which is created or migrated as needed. Fails with
    /// <see cref="EventLogError.Unavailable"/> if the database does not answer, and with
    /// <see cref="EventLogError.Incompatible"/> if a newer release has migrated it or the role may not create it.
    /// </summary>
    public static async Task<PostgreSqlEventLog> OpenAsync(
        PostgreSqlEventLogOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var settings = new DatabaseSettings
        {
            ConnectionString = options.ConnectionString,
            Schema = options.Schema,
            Timeout = options.Timeout,
            PooledConnections = options.MaxConnections - options.AppendConnections - 1,
            Tables = LogTables.Script,
            Content = "event log",
            Translate = DatabaseFailure.ToEventLogException,
        };
        var log = new PostgreSqlEventLog(options, await WeirDatabase.OpenAsync(settings, cancellation));
        await log._listener.Started.WaitAsync(cancellation);
        _ = log.FinishDeletionsAsync();
        return log;
    }

    /// <inheritdoc/>
    public async Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default)
    {
        AppendCheck.Check(spec);
        Sql.CheckText("schema", spec.Schema);
        CheckOpen(cancellation);
        return await _topics.CreateAsync(spec).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default)
    {
        CheckOpen(cancellation);
        return await _topics.FindAsync(topic, cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default)
    {
        CheckOpen(cancellation);
        return await _topics.ListAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteTopicAsync(string topic, CancellationToken cancellation = default)
    {
        CheckOpen(cancellation);
        await _topics.DeleteAsync(topic).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default)
    {
        AppendSize size = AppendCheck.Check(request, _options.MaxRequestBytes);
        Sql.CheckText("producer", request.Producer);
        foreach (NewBatch batch in request.Batches)
            Sql.CheckText("schema", batch.Schema);
        cancellation.ThrowIfCancellationRequested();
        var append = new PendingAppend(request, size);
        _lanes[LaneOf(request.Partition)].Add(append);
        using (cancellation.UnsafeRegister(
            static (state, token) => ((PendingAppend)state!).Cancel(token), append))
            return await append.Answered;
    }

    /// <inheritdoc/>
    public Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default)
    {
        try
        {
            CheckOpen(cancellation);
            return _reader.ReadAsync(partition, from, limits, cancellation);
        }
        catch (EventLogException refusal)
        {
            return Task.FromException<LogFetch>(refusal);
        }
    }

    /// <inheritdoc/>
    public async Task<PartitionInfo> DescribeAsync(
        TopicPartition partition, CancellationToken cancellation = default)
    {
        CheckOpen(cancellation);
        return await _catalog.WithAsync(
            partition,
            id => _database.RunAsync(async connection =>
            {
                long moment = LogTails.Now;
                const string Select = $"SELECT {PartitionRow.Columns} FROM partitions WHERE id = $1";
                await using NpgsqlCommand command = Sql.Command(connection, Select, id);
                await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
                if (!await row.ReadAsync())
                    return null;
                PartitionInfo info = PartitionRow.ReadInfo(row);
                _reader.Confirm(id, info.Next, moment);
                return info;
            }, cancellation),
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<long?> LastSequenceAsync(
        string producer, TopicPartition partition, CancellationToken cancellation = default)
    {
        CheckName("producer", producer);
        CheckOpen(cancellation);
        const string Select = """
            SELECT r.next_sequence FROM partitions p
            LEFT JOIN producers r ON r.partition = p.id AND r.producer = $2 WHERE p.id = $1
            """;
        List<long?> found = await ReadAsync(partition, Select, row => row.NumberOrNull(0), producer, cancellation);
        return found[0] - 1;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListProducersAsync(
        TopicPartition partition, string prefix, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Sql.CheckText("prefix", prefix);
        CheckOpen(cancellation);
        const string Select = """
            SELECT r.producer FROM partitions p
            LEFT JOIN producers r ON r.partition = p.id AND starts_with(r.producer, $2) WHERE p.id = $1
            """;
        List<string?> found = await ReadAsync(
            partition, Select, row => row.IsDBNull(0) ? null : row.GetString(0), prefix, cancellation);
        return [.. found.OfType<string>().Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<long> SupersedeAsync(SupersedeRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        CheckName("producer", request.Producer);
        if (request.FromSequence < 0)
            throw AppendCheck.Invalid(
                $"What is taken back of {request.Partition} begins at sequence {request.FromSequence}; it must be 0 or more.");
        CheckOpen(cancellation);
        return await _supersede.SupersedeAsync(request).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task SealAsync(string topic, CancellationToken cancellation = default)
    {
        CheckOpen(cancellation);
        await _topics.SealAsync(topic).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task PinAsync(
        string pin, TopicPartition partition, long offset, CancellationToken cancellation = default)
    {
        CheckName("pin", pin);
        CheckOpen(cancellation);
        await _topics.PinAsync(pin, partition, offset).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task ReleasePinAsync(string pin, CancellationToken cancellation = default)
    {
        CheckName("pin", pin);
        CheckOpen(cancellation);
        await _topics.ReleasePinAsync(pin).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default)
    {
        CheckOpen(cancellation);
        await _removal.RemoveAsync(partition, RemovalRule.Truncate(before)).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task ApplyRetentionAsync(CancellationToken cancellation = default)
    {
        CheckOpen(cancellation);
        foreach (TopicInfo topic in await _topics.ListAsync(cancellation))
        {
            try
            {
                await _removal.RetainAsync(topic, EventTime.From(_options.TimeProvider.GetUtcNow()))
                    .WaitAsync(cancellation);
            }
            catch (EventLogException refusal) when (refusal.Error == EventLogError.UnknownTopic)
            {
                // Deleted since the list was made: nothing to retain.
            }
        }

        await _topics.SweepAsync().WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public IDisposable Watch(Action<TopicPartition, long> appended) => _watchers.Add(appended);

    /// <summary>Refuses new requests, finishes the appends that wait, and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (AppendLane lane in _lanes)
            lane.Close();
        foreach (AppendLane lane in _lanes)
            await lane.Ended;
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        await _listener.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static void CheckName(string what, string name)
    {
        AppendCheck.CheckName(what, name);
        Sql.CheckText(what, name);
    }

    private void CheckOpen(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isClosed) != 0, this);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Always the same lane for a partition, so that what comes in order is stored in order.</summary>
    private int LaneOf(TopicPartition partition) =>
        (int)((StableHash.Of(partition.Topic) + (uint)partition.Partition) % (uint)_lanes.Length);

    /// <summary>The values of rows that begin with the partition's, so that there is one if it exists.</summary>
    private Task<List<T>> ReadAsync<T>(
        TopicPartition partition,
        string sql,
        Func<NpgsqlDataReader, T> read,
        string text,
        CancellationToken cancellation) => _catalog.WithAsync(
            partition,
            id => _database.RunAsync(async connection =>
            {
                await using NpgsqlCommand command = Sql.Command(connection, sql, id, text);
                await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
                var values = new List<T>();
                while (await row.ReadAsync())
                    values.Add(read(row));
                return values.Count == 0 ? null : values;
            }, cancellation),
            cancellation);

    /// <summary>Goes on with deletions that an earlier process did not finish.</summary>
    private async Task FinishDeletionsAsync()
    {
        try
        {
            await _topics.SweepAsync();
        }
        catch (Exception failure) when (failure is EventLogException or ObjectDisposedException)
        {
            // The next deletion or the next start goes on with it; nobody reads these chunks.
        }
    }
}
