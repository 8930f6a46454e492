namespace Weir.Grains.Jobs;

using Microsoft.Extensions.Options;
using Weir.Contracts;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;

/// <summary>The topics of a job in the log.</summary>
internal sealed class JobTopics(IEventLog log, IOptions<WeirOptions> options)
{
    /// <summary>Creates what is missing and returns the partition count of each.</summary>
    /// <exception cref="WeirException">A topic exists with another event type, or its system does not have it.</exception>
    public Task<IReadOnlyDictionary<string, int>> EnsureAsync(JobGraph graph) =>
        LogFailures.ToWeirAsync(() => EnsureAllAsync(graph));

    private async Task<IReadOnlyDictionary<string, int>> EnsureAllAsync(JobGraph graph)
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

    /// <summary>Creates the topics that are written in the place of others, with the same partitions.</summary>
    public async Task EnsureForksAsync(IReadOnlyDictionary<string, string> forks)
    {
        foreach ((string original, string fork) in forks)
        {
            TopicInfo info = (await log.FindTopicAsync(original))!;
            await log.CreateTopicAsync(info.Spec with { Name = fork });
        }
    }

    /// <summary>Makes the offsets of a job's topic of commands go on from an offset or beyond.</summary>
    public async Task ReachCommandsAsync(JobGraph graph, long offset)
    {
        if (graph.Commands is not { } commands)
            return;
        await EnsureAsync(graph, commands, partitions: 1);
        var place = new TopicPartition(commands.Name, 0);
        for (long next = await NextOffsetAsync(commands.Name, 0); next < offset;)
        {
            var tick = new NewBatch { Kind = BatchKind.Tick, Schema = "" };
            AppendResult appended = await log.AppendAsync(new AppendRequest
            {
                Partition = place,
                Batches = [.. Enumerable.Repeat(tick, (int)Math.Min(offset - next, 1000))],
            });
            next = appended.Next;
        }
    }

    /// <summary>Whether there is a topic of that name.</summary>
    public async Task<bool> ExistsAsync(string topic) => await log.FindTopicAsync(topic) is not null;

    /// <summary>Removes topics with all that is in them.</summary>
    public async Task DeleteAsync(IEnumerable<string> topics)
    {
        foreach (string topic in topics)
            await log.DeleteTopicAsync(topic);
    }

    /// <summary>Keeps the input of a job from the oldest of these checkpoints on out of reach of retention.</summary>
    public async Task PinAsync(string job, IReadOnlyList<Manifest> kept)
    {
        foreach (IGrouping<string, ParticipantReport> source in kept
            .SelectMany(manifest => manifest.Reports)
            .Where(report => report.Cut is not null)
            .GroupBy(report => report.Participant))
        {
            long from = source.Min(report => report.Cut!.Last.From);
            await log.PinAsync(PinOf(job), Participants.PartitionOf(source.Key), from);
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
