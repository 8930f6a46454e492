namespace Weir.Connectors.Sqlite;

using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// A topic in memory. The writer changes <see cref="IsSealed"/> and the partitions inside its transaction; other
/// threads see only what was published after a commit.
/// </summary>
internal sealed class TopicState
{
    private volatile TopicInfo _info;

    public TopicState(long id, TopicSpec spec, bool isSealed, PartitionState[] partitions)
    {
        Id = id;
        Spec = spec;
        IsSealed = isSealed;
        Partitions = partitions;
        _info = new TopicInfo(spec, isSealed);
    }

    public long Id { get; }

    public TopicSpec Spec { get; }

    public PartitionState[] Partitions { get; }

    /// <summary>Writer only.</summary>
    public bool IsSealed { get; set; }

    /// <summary>As committed.</summary>
    public TopicInfo Info => _info;

    public void Publish() => _info = new TopicInfo(Spec, IsSealed);
}

/// <summary>
/// The tail of a partition. The writer's fields run ahead of <see cref="Published"/> inside a transaction and equal it
/// outside. Invariant: First ≤ Next, and neither ever falls.
/// </summary>
internal sealed class PartitionState
{
    private volatile PartitionTail _published;

    public PartitionState(long id, TopicPartition name, PartitionInfo info)
    {
        Id = id;
        Name = name;
        First = info.First;
        Next = info.Next;
        Stamp = info.Stamp;
        Bytes = info.Bytes;
        IsSealed = info.IsSealed;
        _published = new PartitionTail(info);
    }

    public long Id { get; }

    public TopicPartition Name { get; }

    public long First { get; set; }

    public long Next { get; set; }

    public EventTime Stamp { get; set; }

    public long Bytes { get; set; }

    public bool IsSealed { get; set; }

    /// <summary>Writer only, with the changes of its transaction.</summary>
    public PartitionInfo Working => new(First, Next, Stamp, Bytes, IsSealed);

    /// <summary>As committed; any thread.</summary>
    public PartitionTail Published => _published;

    public void Publish() => _published = new PartitionTail(Working);
}

/// <summary>A committed tail with the answer to readers that have read everything, so that waiting costs nothing.
/// </summary>
internal sealed class PartitionTail(PartitionInfo info)
{
    private Task<LogFetch>? _emptyFetch;

    public PartitionInfo Info { get; } = info;

    public Task<LogFetch> EmptyFetch => _emptyFetch ??= Task.FromResult(new LogFetch(Info.Next, Info.Next, []));
}
