namespace Weir.Client.Sending;

using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>
/// Writes events as batches, one for each partition. It keeps its buffers, so that an event allocates nothing; for one
/// thread at a time.
/// </summary>
internal sealed class EventEncoder<T>(Topic<T> topic, CodecRegistry codecs)
{
    // The silo takes requests of up to 16 MiB.
    private const int MaxBatchBytes = 15 << 20;
    private const int MaxKeptBytes = 1 << 20;

    private readonly Codec<T> _codec = codecs.For<T>();
    private readonly string _schema = topic.Schema;
    private readonly List<int> _touched = [];
    private (ByteWriter Bytes, int Count)[] _batches = [];
    private int _turn = -1;

    /// <summary>The partitions that have events, in the order of their first.</summary>
    public IReadOnlyList<int> Touched => _touched;

    /// <summary>Whether its buffers are small enough to be kept.</summary>
    public bool IsSmall { get; private set; } = true;

    /// <summary>Adds an event and says in which partition, at which place of that one's batch.</summary>
    public (int Partition, int Index) Add(T value, TopicAppender appender, int partitions)
    {
        if (_batches.Length < partitions)
            Array.Resize(ref _batches, partitions);
        int partition = topic.PartitionOf(value, partitions, codecs) ?? Turn(appender, partitions);
        ref (ByteWriter Bytes, int Count) batch = ref _batches[partition];
        if (batch.Count == 0)
            _touched.Add(partition);
        ByteWriter bytes = batch.Bytes ??= new ByteWriter();
        int start = bytes.BeginFrame();
        _codec.Write(bytes, in value);
        bytes.EndFrame(start);
        IsSmall &= bytes.Length <= MaxKeptBytes;
        return (partition, batch.Count++);
    }

    /// <summary>Refuses what would be too large to be stored, before any of it is posted.</summary>
    public void Check()
    {
        foreach (int partition in _touched)
        {
            if (_batches[partition].Bytes.Length > MaxBatchBytes)
                throw new WeirException(
                    WeirError.InvalidRequest,
                    $"A batch of {_batches[partition].Count} events for the topic '{topic.Name}' has "
                    + $"{_batches[partition].Bytes.Length} bytes in partition {partition}; send smaller batches, of at "
                    + $"most {MaxBatchBytes} bytes.");
        }
    }

    /// <summary>Posts the batch of a partition.</summary>
    public void Post(int partition, PartitionLane lane, TaskCompletionSource<long>? stored = null)
    {
        (ByteWriter bytes, int count) = _batches[partition];
        lane.Post(new WireBatch { Kind = BatchKind.Events, Count = count, Schema = _schema }, bytes.Written, stored);
    }

    /// <summary>Forgets all events and keeps the buffers.</summary>
    public void Clear()
    {
        foreach (int partition in _touched)
        {
            _batches[partition].Bytes.Clear();
            _batches[partition].Count = 0;
        }

        _touched.Clear();
        _turn = -1;
    }

    // All events without a key that are sent together stay together.
    private int Turn(TopicAppender appender, int partitions) =>
        _turn >= 0 ? _turn : _turn = appender.NextPartition(partitions);
}
