namespace Weir.Grains.Streams;

using Orleans.Streams;
using Weir.Engine.Streams;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

/// <summary>
/// Which slot a stream belongs to. A fixed number of slots stands for any number of topics, so topics can come and go
/// while silos run; the partitions of one topic lie in slots one after the other.
/// </summary>
internal sealed class LogQueueMapper : IStreamQueueMapper
{
    private readonly QueueId[] _slots;
    private readonly Dictionary<QueueId, int> _numbers = [];

    public LogQueueMapper(int slots, string name)
    {
        _slots = new QueueId[slots];
        for (int i = 0; i < slots; i++)
        {
            // The hash plays no part: slots are placed by their numbers.
            _slots[i] = QueueId.GetQueueId(name, (uint)i, (uint)i);
            _numbers.Add(_slots[i], i);
        }
    }

    public int Count => _slots.Length;

    /// <summary>All slots, by number.</summary>
    public IEnumerable<QueueId> GetAllQueues() => _slots;

    public QueueId GetQueueForStream(StreamId streamId) =>
        _slots[WeirStreams.TryParse(streamId, out TopicPartition partition) ? SlotOf(partition) : 0];

    public int SlotOf(TopicPartition partition) => WeirStreams.SlotOf(partition.Topic, partition.Partition, Count);

    public int NumberOf(QueueId slot) => _numbers[slot];
}
