namespace Weir.Grains.Jobs;

using Microsoft.Extensions.Options;
using Weir.Contracts;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;
using Weir.Protocol.Logs;

/// <summary>The topics of a job in the log.</summary>
internal sealed class JobTopics(IEventLog log, IOptions<WeirOptions> options)
{
    /// <summary>Creates what is missing and returns the partition count of each.</summary>
    /// <exception cref="WeirException">A topic exists with another event type.</exception>
    public async Task<IReadOnlyDictionary<string, int>> EnsureAsync(JobGraph graph)
    {
        var partitions = new Dictionary<string, int>();
        foreach (Topic topic in graph.Inputs.Concat(graph.Outputs).DistinctBy(topic => topic.Name))
            partitions.Add(topic.Name, await EnsureAsync(graph, topic, options.Value.DefaultPartitions));
        if (graph.Commands is not { } commands)
            return partitions;
        int count = await EnsureAsync(graph, commands, partitions: 1);
        if (count != 1)
            throw new WeirException(
                WeirError.TopicConflict,
                $"The topic '{commands.Name}' has {count} partitions, and the job '{graph.Name}' expects 1 for the "
                + "commands to its keys.");
        partitions.Add(commands.Name, count);
        return partitions;
    }

    private async Task<int> EnsureAsync(JobGraph graph, Topic topic, int partitions)
    {
        TopicInfo info = await log.FindTopicAsync(topic.Name) ?? await log.CreateTopicAsync(new TopicSpec
        {
            Name = topic.Name,
            Partitions = partitions,
            Schema = topic.Schema,
        });
        return topic.Reads(info.Spec.Schema)
            ? info.Partitions
            : throw new WeirException(
                WeirError.TopicConflict,
                $"The topic '{topic.Name}' holds {info.Spec.Schema}, and the job '{graph.Name}' "
                + $"expects {topic.Schema}.");
    }

    /// <summary>Removes what earlier epochs have written: this one writes all of it again.</summary>
    public async Task DiscardOutputAsync(JobGraph graph, IReadOnlyDictionary<string, int> partitions)
    {
        foreach (Topic topic in graph.Outputs)
        {
            for (int partition = 0; partition < partitions[topic.Name]; partition++)
            {
                var place = new TopicPartition(topic.Name, partition);
                PartitionInfo info = await log.DescribeAsync(place);
                await log.TruncateAsync(place, info.Next);
            }
        }
    }

    /// <summary>Under this name a job's sources keep what they still have to read out of reach of retention.</summary>
    public static string PinOf(string job) => $"job {job}";

    /// <summary>Lets retention have what the job's sources kept.</summary>
    public Task ReleaseAsync(string job) => log.ReleasePinAsync(PinOf(job));

    /// <summary>The first retained offset of a partition.</summary>
    public async Task<long> FirstOffsetAsync(string topic, int partition) =>
        (await log.DescribeAsync(new TopicPartition(topic, partition))).First;

    /// <summary>The offset that the next event of a partition gets.</summary>
    public async Task<long> NextOffsetAsync(string topic, int partition) =>
        (await log.DescribeAsync(new TopicPartition(topic, partition))).Next;
}
