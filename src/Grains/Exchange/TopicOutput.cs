namespace Weir.Grains.Exchange;

using System.Runtime.ExceptionServices;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Who appends: the name of a producer, its epoch, and which partition takes events without a key.</summary>
internal sealed record TopicProducer(string Name, long Epoch, int Instance);

/// <summary>
/// Appends a stage's output to topics. Per partition one append is under way and what comes meanwhile waits for the
/// next, so the order is kept and small outputs share a transaction. Invariant: the log dedupes by producer, epoch and
/// sequence, so repeating an append whose outcome is unknown is harmless, and an older epoch can not append.
/// </summary>
internal sealed class TopicOutput(IEventLog log, JobPlan plan, TopicProducer producer)
{
    private const int PendingBytesBound = 256 * 1024;
    private const int Attempts = 20;
    private readonly Dictionary<TopicPartition, Lane> _lanes = [];
    private readonly Dictionary<string, string> _schemas =
        plan.Graph.Outputs.ToDictionary(topic => topic.Name, topic => topic.Schema);
    private ExceptionDispatchInfo? _failure;

    public void Add(in OutputBatch batch)
    {
        int partitions = plan.PartitionsOf(batch.Topic);
        var partition = new TopicPartition(batch.Topic, batch.Partition ?? producer.Instance % partitions);
        if (!_lanes.TryGetValue(partition, out Lane? lane))
            _lanes.Add(partition, lane = new Lane(partition));
        lane.Waiting.Add(new NewBatch
        {
            Kind = BatchKind.Events,
            Count = batch.Count,
            Schema = _schemas[batch.Topic],
            Payload = batch.Payload,
        });
        lane.WaitingBytes += batch.Payload.Length;
        if (lane.Sending.IsCompleted)
            lane.Sending = SendAsync(lane);
    }

    /// <summary>Completes when little enough waits.</summary>
    public async ValueTask WhenRoomAsync()
    {
        foreach (Lane lane in _lanes.Values)
        {
            if (lane.WaitingBytes > PendingBytesBound)
                await lane.Sending;
        }

        _failure?.Throw();
    }

    /// <summary>Completes when nothing waits.</summary>
    public async Task WhenStoredAsync()
    {
        foreach (Lane lane in _lanes.Values)
            await lane.Sending;
        _failure?.Throw();
    }

    private async Task SendAsync(Lane lane)
    {
        try
        {
            lane.NextSequence ??= (await log.LastSequenceAsync(producer.Name, lane.Partition) ?? -1) + 1;
            while (lane.Waiting.Count > 0)
            {
                List<NewBatch> batches = lane.Waiting;
                lane.Waiting = [];
                lane.WaitingBytes = 0;
                await AppendAsync(lane, batches);
                lane.NextSequence += batches.Sum(batch => batch.Count);
            }
        }
        catch (EventLogException refused)
        {
            _failure = ExceptionDispatchInfo.Capture(refused);
        }
    }

    private async Task AppendAsync(Lane lane, List<NewBatch> batches)
    {
        var request = new AppendRequest
        {
            Partition = lane.Partition,
            Producer = producer.Name,
            ProducerEpoch = producer.Epoch,
            Sequence = lane.NextSequence!.Value,
            Batches = batches,
        };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await log.AppendAsync(request);
                return;
            }
            catch (EventLogException unknown) when (unknown.Error == EventLogError.Unavailable && attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10 << attempt, 2000)));
            }
        }
    }

    private sealed class Lane(TopicPartition partition)
    {
        public TopicPartition Partition => partition;

        public List<NewBatch> Waiting { get; set; } = [];

        public int WaitingBytes { get; set; }

        public long? NextSequence { get; set; }

        public Task Sending { get; set; } = Task.CompletedTask;
    }
}
