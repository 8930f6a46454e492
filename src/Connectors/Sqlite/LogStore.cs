namespace Weir.Connectors.Sqlite;

using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
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
    private volatile ImmutableSortedDictionary<string, TopicState> _topics =
        ImmutableSortedDictionary.Create<string, TopicState>(StringComparer.Ordinal);

    /// <summary>The topics as committed; any thread.</summary>
    public ImmutableSortedDictionary<string, TopicState> Topics => _topics;

    /// <summary>The schemas that committed chunks use; any thread.</summary>
    public SchemaNames Names { get; } = new();

    /// <summary>The newest committed chunks; any thread.</summary>
    public RecentChunks Recent { get; } = new(options.RecentBytes);

    /// <summary>The topics with the changes of this transaction.</summary>
    public ImmutableSortedDictionary<string, TopicState> Working { get; set; } =
        ImmutableSortedDictionary.Create<string, TopicState>(StringComparer.Ordinal);

    public StoreSession Session => _session
        ?? throw new InvalidOperationException("The log's store is used outside a transaction; begin one first.");

    public TimeSpan ProducerExpiry => options.ProducerExpiry;

    public EventTime Now => EventTime.From(options.TimeProvider.GetUtcNow());

    /// <summary>Opens the database, before the writer's thread takes over.</summary>
    public void Open() => Load();

    public void Begin()
    {
        if (_session is null)
            Load();
        Session.Begin.Run();
    }

    /// <summary>Writes what is remembered as changed and commits; only then does anyone see it.</summary>
    public void Commit()
    {
        foreach (PartitionState partition in _changed)
            Session.UpdatePartition(partition);
        Session.Producers.Flush();
        Session.Commit.Run();
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

    /// <summary>Stores a chunk at the end of its partition.</summary>
    public void Append(PartitionState partition, Chunk chunk)
    {
        Session.InsertChunk(chunk);
        partition.Next = chunk.Next;
        partition.Stamp = chunk.Stamp;
        partition.Bytes += chunk.PayloadBytes;
        _newChunks.Add(chunk);
        _changed.Add(partition);
        _appended.Add(partition);
    }

    public void Dispose() => _session?.Dispose();

    private void Load()
    {
        SqliteConnection connection = file.OpenWriter();
        try
        {
            LogSchema.Prepare(connection, file.Path);
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
