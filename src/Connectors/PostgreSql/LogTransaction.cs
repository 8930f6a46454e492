namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Faults;

/// <summary>What transactions of a log have in common.</summary>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Encoder">Packs what is appended; used by one transaction at a time.</param>
/// <param name="Channel">Where the others learn of what is appended.</param>
/// <param name="Sender">This process, as they are told.</param>
internal sealed record LogTransactionSettings(
    TimeProvider TimeProvider, ChunkEncoder Encoder, string Channel, string Sender);

/// <summary>
/// One transaction on the log. Invariant: a partition is decided about only after its row was locked here, and what is
/// known of it and of its producers was read after that; nothing is remembered from one transaction to the next.
/// </summary>
/// <remarks>
/// Partitions are locked in the order of their identifiers, so that transactions wait for each other and never in a
/// circle. What it costs: one trip to the server to begin, lock and read; one to write, commit and notify.
/// Notifications are sent behind the commit, not in it: those that notify wait for each other's commits, disk included.
/// </remarks>
internal sealed class LogTransaction : IAsyncDisposable
{
    private const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED";

    private const string Lock = $"""
        SELECT {PartitionRow.Columns} FROM partitions WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
        """;

    private const string LockTopic = $"""
        SELECT {PartitionRow.Columns} FROM partitions WHERE topic = $1 ORDER BY id FOR UPDATE
        """;

    private const string InsertChunks = """
        INSERT INTO chunks (partition, next_offset, from_offset, stamp, payload_bytes, checksum, producer,
            producer_next, producer_checksum, body)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::text[],
            $8::int8[], $9::int8[], $10::bytea[])
        """;

    private const string UpdatePartitions = """
        UPDATE partitions SET first_offset = c.first_offset, next_offset = c.next_offset, stamp = c.stamp,
            payload_bytes = c.payload_bytes, is_sealed = c.is_sealed, revision = c.revision
        FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::bool[], $7::int8[])
            AS c (id, first_offset, next_offset, stamp, payload_bytes, is_sealed, revision)
        WHERE partitions.id = c.id
        """;

    private readonly LogTransactionSettings _settings;
    private readonly Dictionary<long, PartitionRow> _rows = [];
    private readonly List<(Chunk Chunk, ChunkOrigin? Origin)> _inserted = [];
    private EventTime? _now;
    private bool _isOpen;

    public LogTransaction(NpgsqlConnection connection, LogTransactionSettings settings)
    {
        Connection = connection;
        _settings = settings;
    }

    public NpgsqlConnection Connection { get; }

    public ProducerRows Producers { get; } = new();

    public ChunkEncoder Encoder => _settings.Encoder;

    /// <summary>The clock, read when it is first needed, which is after the rows are locked.</summary>
    public EventTime Now => _now ??= EventTime.From(_settings.TimeProvider.GetUtcNow());

    /// <summary>The locked rows that changed.</summary>
    public IEnumerable<PartitionRow> Changed => _rows.Values.Where(row => row.IsChanged);

    /// <summary>The locked rows.</summary>
    public IReadOnlyCollection<PartitionRow> Rows => _rows.Values;

    /// <summary>Whether anything is to be written.</summary>
    public bool HasChanges => _inserted.Count > 0 || Producers.HasChanges || Changed.Any();

    public PartitionRow? Find(long partition) => _rows.GetValueOrDefault(partition);

    public void Insert(Chunk chunk, ChunkOrigin? origin) => _inserted.Add((chunk, origin));

    /// <summary>Begins, before anything but <see cref="LockAsync"/>, which begins by itself.</summary>
    public async Task BeginAsync()
    {
        await Sql.Command(Connection, Begin).RunAsync();
        _isOpen = true;
    }

    /// <summary>Locks partitions, those that exist, and reads entries of producers behind that.</summary>
    public async Task LockAsync(long[] partitions, params IReadOnlyCollection<(long Partition, string Name)> producers)
    {
        await using var batch = new NpgsqlBatch(Connection);
        if (!_isOpen)
            batch.Add(Begin);
        batch.Add(Lock, (object)partitions);
        if (producers.Count > 0)
            batch.Add(
                ProducerRows.Select,
                producers.Select(producer => producer.Partition).ToArray(),
                producers.Select(producer => producer.Name).ToArray());
        _isOpen = true;
        await using NpgsqlDataReader row = await batch.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            var partition = PartitionRow.Read(row, this);
            _rows[partition.Id] = partition;
        }

        if (!await row.NextResultAsync())
            return;
        while (await row.ReadAsync())
            Producers.Read(row);
    }

    /// <summary>Locks all partitions of a topic, whose row is locked.</summary>
    public async Task LockTopicAsync(long topic)
    {
        await using NpgsqlCommand command = Sql.Command(Connection, LockTopic, topic);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            var partition = PartitionRow.Read(row, this);
            _rows[partition.Id] = partition;
        }
    }

    /// <summary>Writes what changed and commits. A failure says nothing about whether it was committed.</summary>
    public async Task CommitAsync()
    {
        await using var batch = new NpgsqlBatch(Connection);
        WriteChunks(batch);
        WritePartitions(batch);
        Producers.Write(batch);
        batch.Add("COMMIT");
        foreach (string payload in _inserted.Count > 0 ? AppendNotice.Write(_settings.Sender, Changed) : [])
            batch.Add("SELECT pg_notify($1, $2)", _settings.Channel, payload);
        CrashPoint.Pass(CrashLabels.AppendBeforeCommit);
        NpgsqlDataReader answers = await batch.ExecuteReaderAsync();
        _isOpen = false;
        CrashPoint.Pass(CrashLabels.AppendAfterCommit);
        try
        {
            // The first rows that come are of a notification, so the commit before it was made.
            await answers.DisposeAsync();
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // Who was not notified looks by himself, a little later.
            await Connection.CloseAsync();
        }
    }

    /// <summary>Takes everything back that was not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        try
        {
            await Sql.Command(Connection, "ROLLBACK").RunAsync();
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException or TimeoutException)
        {
            // The connection is gone; so is the transaction.
            await Connection.CloseAsync();
        }
    }

    private void WriteChunks(NpgsqlBatch batch)
    {
        if (_inserted.Count == 0)
            return;
        batch.Add(
            InsertChunks,
            Column(each => each.Chunk.Partition),
            Column(each => each.Chunk.Next),
            Column(each => each.Chunk.From),
            Column(each => each.Chunk.Stamp.Milliseconds),
            Column(each => each.Chunk.PayloadBytes),
            Column(each => each.Chunk.Checksum()),
            Column(each => each.Origin?.Producer),
            Column(each => each.Origin?.NextSequence),
            Column(each => each.Origin?.Checksum(each.Chunk.Partition)),
            Column(each => each.Chunk.Body));
    }

    private T[] Column<T>(Func<(Chunk Chunk, ChunkOrigin? Origin), T> value)
    {
        var values = new T[_inserted.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = value(_inserted[i]);
        return values;
    }

    private void WritePartitions(NpgsqlBatch batch)
    {
        PartitionRow[] rows = [.. Changed];
        if (rows.Length == 0)
            return;
        batch.Add(
            UpdatePartitions,
            Array.ConvertAll(rows, row => row.Id),
            Array.ConvertAll(rows, row => row.First),
            Array.ConvertAll(rows, row => row.Next),
            Array.ConvertAll(rows, row => row.LastStamp.Milliseconds),
            Array.ConvertAll(rows, row => row.Bytes),
            Array.ConvertAll(rows, row => row.IsSealed),
            Array.ConvertAll(rows, row => row.Revision));
    }
}
