namespace Weir.Connectors.Sqlite;

using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>Creates a topic or answers with the one that is there.</summary>
internal sealed class CreateTopicCommand(TopicSpec spec) : WriteCommand<TopicInfo>
{
    protected override TopicInfo Decide(LogStore store)
    {
        if (!store.Working.TryGetValue(spec.Name, out TopicState? topic))
        {
            topic = store.Session.Topics.Insert(spec);
            store.Working = store.Working.Add(spec.Name, topic);
        }
        else if (topic.Spec.Partitions != spec.Partitions || topic.Spec.Schema != spec.Schema)
        {
            throw new EventLogException(
                EventLogError.TopicConflict,
                $"The topic '{spec.Name}' exists with {topic.Spec.Partitions} partitions of '{topic.Spec.Schema}', "
                + $"not {spec.Partitions} of '{spec.Schema}'; use another name or delete it.");
        }
        return new TopicInfo(topic.Spec, topic.IsSealed);
    }
}

/// <summary>Deletes a topic; its chunks are left to <see cref="SweepCommand"/>.</summary>
internal sealed class DeleteTopicCommand(string topic) : WriteAction
{
    public override bool IsAlone => true;

    protected override void Do(LogStore store)
    {
        if (!store.Working.TryGetValue(topic, out TopicState? state))
            return;
        store.Session.Topics.Delete(state.Id);
        store.Working = store.Working.Remove(topic);
    }
}

/// <summary>Removes some chunks of deleted topics; the answer is whether there may be more.</summary>
internal sealed class SweepCommand : WriteCommand<bool>
{
    private const int MaxChunks = 256;

    public override bool IsAlone => true;

    protected override bool Decide(LogStore store) => store.Session.Retention.SweepDropped(MaxChunks);
}

/// <summary>Ends every partition of a topic that has not ended.</summary>
internal sealed class SealCommand(string topic) : WriteAction
{
    protected override void Do(LogStore store)
    {
        TopicState state = store.FindTopic(topic);
        if (state.IsSealed)
            return;
        foreach (PartitionState partition in state.Partitions)
        {
            var place = new ChunkPlace(partition.Id, partition.Next, store.StampFor(partition));
            store.Append(partition, ChunkEncoder.EncodeEnd(place));
            partition.IsSealed = true;
        }
        state.IsSealed = true;
        store.MarkChanged(state);
        store.Session.Topics.Seal(state);
    }
}

/// <summary>Sets or moves a pin.</summary>
internal sealed class PinCommand(string pin, TopicPartition partition, long offset) : WriteAction
{
    protected override void Do(LogStore store)
    {
        PartitionState state = store.FindPartition(partition);
        if (offset < state.First)
            throw new EventLogException(
                EventLogError.OffsetExpired,
                $"The pin '{pin}' at offset {offset} of {partition} is too late: the first retained offset is "
                + $"{state.First}; pin that or a later one.");
        store.Session.Topics.Pin(pin, state.Id, offset);
    }
}

/// <summary>Releases a pin everywhere.</summary>
internal sealed class ReleasePinCommand(string pin) : WriteAction
{
    protected override void Do(LogStore store) => store.Session.Topics.ReleasePin(pin);
}
