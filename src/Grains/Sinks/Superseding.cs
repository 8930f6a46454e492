namespace Weir.Grains.Sinks;

using System.Globalization;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;
using Weir.Protocol.Sinks;

/// <summary>
/// Takes back what older lineages of a job have written beyond the point from which a new one starts. Invariant: what
/// others have written stays, and so does what the job had written up to that point; repeating it is harmless.
/// </summary>
/// <remarks>
/// Lineage 3 starts from a checkpoint of lineage 1, at which a group had written 40 events: of that group's output in
/// lineage 1 the events from 40 on go, and in lineage 2 all of them.
/// </remarks>
internal sealed class Superseding(IEventLog log, string job)
{
    /// <summary>Takes it back from topics.</summary>
    /// <param name="topics">The topics that are to be replaced.</param>
    /// <param name="start">What the new lineage starts from.</param>
    public async Task RunAsync(IReadOnlyList<string> topics, EpochStart start)
    {
        foreach (string topic in topics)
        {
            TopicInfo info = (await log.FindTopicAsync(topic))!;
            for (int partition = 0; partition < info.Partitions; partition++)
                await RunAsync(new TopicPartition(topic, partition), start);
        }
    }

    private async Task RunAsync(TopicPartition partition, EpochStart start)
    {
        string prefix = $"{job}@";
        foreach (string producer in await log.ListProducersAsync(partition, prefix))
        {
            if (From(producer, prefix, partition, start) is not { } sequence)
                continue;
            await log.SupersedeAsync(new SupersedeRequest
            {
                Partition = partition,
                Producer = producer,
                Epoch = start.Epoch,
                FromSequence = sequence,
            });
        }
    }

    /// <summary>The sequence from which a producer's events go, or null if all of them stay.</summary>
    private static long? From(string producer, string prefix, TopicPartition partition, EpochStart start)
    {
        string[] parts = producer[prefix.Length..].Split('/', 2);
        int end = producer.LastIndexOf('/');
        long lineage = long.Parse(parts[0], CultureInfo.InvariantCulture);
        if (lineage >= start.Lineage || lineage < start.Restored?.Lineage)
            return null;
        if (lineage != start.Restored?.Lineage)
            return 0;
        string stage = parts[1][..parts[1].LastIndexOf('/')];
        int instance = int.Parse(producer[(end + 1)..], CultureInfo.InvariantCulture);
        string participant = stage.StartsWith("source ", StringComparison.Ordinal)
            ? Participants.OfSource(stage["source ".Length..], instance)
            : Participants.OfGroup(stage, instance);
        return start.Restored.ReportOf(participant) is { } report
            ? new OutputPositions(report.Positions).Next(new OutputLane(partition.Topic, partition.Partition))
            : 0;
    }
}
