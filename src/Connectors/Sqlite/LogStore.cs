namespace Weir.Connectors.Sqlite;

using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// The log as its writer sees it: the tables and what is remembered of them, changed together inside one transaction.
/// Invariant: outside a transaction memory equals the database; after a failure memory is thrown away and read again.
/// </summary>
/// <remarks>Used by the writer's thread alone, but for <see cref="Topics"/>, <see cref="Names"/> and
/// <see cref="Recent"/>.</remarks>
internal sealed class LogStore(LogFile file, SqliteEventLogOptions options) : IDisposable
{
    private readonly HashSet<PartitionState> _changed = [];
    private readonly HashSet<TopicState> _changedTopics = [];
    private readonly HashSet<PartitionState> _appended = [];
    private readonly List<Chunk> _newChunks = [];
    private StoreSession? _session;
    private WriteAheadCopier? _copier;
    private bool _hasReplaced;
    private long _revision;
    private volatile ImmutableSortedDictionary<string, TopicState> _topics =
        ImmutableSortedDictionary.Create<string, TopicState>(StringComparer.Ordinal);

    /// <summary>The topics as committed; any thread.</summary>
    public ImmutableSortedDictionary<string, TopicState> Topics => _topics;

    /// <summary>The schemas that committed chunks use; any thread.</summary>
    public SchemaNames Names { get; } = new();

    /// <summary>The newest committed chunks; any thread.</summary>
    public RecentChunks Recent { get; } = new(options.RecentBytes);

    /// <summary>
    /// Grows by one before a commit that changes stored chunks and by one after it, so that it is odd while nobody can
    /// say which of them a reader sees. A chunk that was read at another revision, or at an odd one, is not to be kept.
    /// Any thread.
    /// </summary>
    /// <remarks>Counting after the commit alone would let a reader see the new chunk at 48 in the database and then the
    /// old one at 52, kept from before, of one and the same commit.</remarks>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>The topics with the changes of this transaction.</summary>
    public ImmutableSortedDictionary<string, TopicState> Working { get; set; } =
        ImmutableSortedDictionary.Create<string, TopicState>(StringComparer.Ordinal);

    public StoreSession Session => _session
        ?? throw new InvalidOperationException("The log's store is used outside a transaction; begin one first.");

    public TimeSpan ProducerExpiry => options.ProducerExpiry;

    public EventTime Now => EventTime.From(options.TimeProvider.GetUtcNow());

    /// <summary>Opens the database, before the writer's thread takes over.</summary>
    public void Open()
    {
        Load(checks: true);
        _copier = new WriteAheadCopier(file, options.CheckpointPages);
    }

    public void Begin()
    {
        if (_session is null)
            Load(checks: false);
        Session.Begin.Run();
    }

    /// <summary>Writes what is remembered as changed and commits; only then does anyone see it.</summary>
    public void Commit()
    {
        foreach (PartitionState partition in _changed)
            Session.UpdatePartition(partition);
        Session.Producers.Flush();
        BeginReplacing();
        Session.Commit.Run();
        EndReplacing();
        foreach (PartitionState partition in _changed)
            partition.Publish();
        foreach (TopicState topic in _changedTopics)
            topic.Publish();
        foreach (Chunk chunk in _newChunks)
            Recent.Add(chunk);
        _topics = Working;
    }

    /// <summary>Forgets everything that was not committed. The connection is replaced too, whatever state it is in.
    /// </summary>
    public void Abandon()
    {
        // The commit may have been made and not been answered.
        EndReplacing();
        ClearChanges();
        _session?.Dispose();
        _session = null;
    }

    public void ClearChanges()
    {
        _changed.Clear();
        _changedTopics.Clear();
        _appended.Clear();
        _newChunks.Clear();
    }

    /// <summary>The partitions that the transaction appended to; cleared with the other changes.</summary>
    public IReadOnlyCollection<PartitionState> Appended => _appended;

    public TopicState FindTopic(string topic) => Require(Working, topic);

    public PartitionState FindPartition(TopicPartition partition) => Require(Working, partition);

    public static TopicState Require(ImmutableSortedDictionary<string, TopicState> topics, string topic) =>
        topics.GetValueOrDefault(topic ?? "") ?? throw new EventLogException(
            EventLogError.UnknownTopic, $"There is no topic '{topic}'; create it first.");

    public static PartitionState Require(
        ImmutableSortedDictionary<string, TopicState> topics, TopicPartition partition)
    {
        TopicState topic = Require(topics, partition.Topic);
        return (uint)partition.Partition < (uint)topic.Partitions.Length
            ? topic.Partitions[partition.Partition]
            : throw new EventLogException(
                EventLogError.UnknownTopic,
                $"There is no partition {partition}; the topic has partitions 0 to {topic.Partitions.Length - 1}.");
    }

    public void MarkChanged(PartitionState partition) => _changed.Add(partition);

    public void MarkChanged(TopicState topic) => _changedTopics.Add(topic);

    /// <summary>The stamp of an append: the clock, but never below the partition's last stamp.</summary>
    public EventTime StampFor(PartitionState partition) => EventTime.Max(partition.Stamp, Now);

    /// <summary>Stores another chunk in the place of one.</summary>
    public void Replace(PartitionState partition, ChunkReplacement cut)
    {
        _hasReplaced = true;
        Recent.Forget(partition.Id);
        Session.ReplaceChunk(cut.By);
        partition.Bytes -= cut.PayloadBytes;
        _changed.Add(partition);
    }

    /// <summary>Stores a chunk at the end of its partition.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="origin">Who appended it, if that is known.</param>
    public void Append(PartitionState partition, Chunk chunk, ChunkOrigin? origin = null)
    {
        Session.InsertChunk(chunk);
        if (origin is { } known)
            Session.Origins.Insert(partition.Id, known);
        partition.Next = chunk.Next;
        partition.Stamp = chunk.Stamp;
        partition.Bytes += chunk.PayloadBytes;
        _newChunks.Add(chunk);
        _changed.Add(partition);
        _appended.Add(partition);
    }

    /// <summary>
    /// Has what was committed copied from the write-ahead log into the database: beside the writer, or, so that the log
    /// begins anew, now.
    /// </summary>
    public void CopyCommitted()
    {
        if (_session is null || _copier?.Add(_session.TakePagesWritten()) != true)
            return;
        try
        {
            _session.Restart(_copier);
        }
        catch (Exception)
        {
            // Everything is stored and answered, and the writer's thread must live on; it is tried again some pages later.
        }
    }

    public void Dispose()
    {
        _copier?.Dispose();
        _session?.Dispose();
    }

    private void BeginReplacing()
    {
        if (_hasReplaced)
            Interlocked.Increment(ref _revision);
    }

    private void EndReplacing()
    {
        if (_revision % 2 != 0)
            Interlocked.Increment(ref _revision);
        _hasReplaced = false;
    }

    private void Load(bool checks)
    {
        if (checks)
            WriteAheadLog.Check(file.Path);
        SqliteConnection connection = file.OpenWriter();
        try
        {
            LogSchema.Prepare(connection, file.Path);
            if (checks)
            {
                // What stands in it is looked at once only, so that what a crash has left can not be added to.
                LogFile.Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE);");
                CatalogLoader.Check(connection);
            }

            Names.Load(CatalogLoader.LoadSchemas(connection));
            Working = CatalogLoader.Load(connection);
            _topics = Working;
            _session = new StoreSession(connection, Names);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
