namespace Weir.Client.Calls;

using System.Collections.Concurrent;
using Weir.Contracts;
using Weir.Contracts.Topics;

/// <summary>
/// Where topics are. Partition counts are remembered until a call for the topic fails: they are fixed for the life of a
/// topic, but a topic can be removed and made again.
/// </summary>
internal sealed class TopicDirectory(WeirGrains grains, GrainCalls calls)
{
    private readonly ConcurrentDictionary<string, int> _partitions = new(StringComparer.Ordinal);

    public WeirGrains Grains => grains;

    public async Task<TopicDescription?> FindAsync(string topic, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        TopicDescription? found = await calls.AskAsync(
            () => grains.Topic(topic).DescribeAsync(), $"describe the topic '{topic}'", cancellation).ConfigureAwait(false);
        if (found is null)
            Forget(topic);
        else
            _partitions[topic] = found.Partitions.Length;
        return found;
    }

    public async Task<TopicDescription> GetAsync(string topic, CancellationToken cancellation) =>
        await FindAsync(topic, cancellation).ConfigureAwait(false)
        ?? throw new WeirException(
            WeirError.UnknownTopic, $"There is no topic '{topic}'; create it, or start a job that uses it.");

    public async Task<int> PartitionsOfAsync(string topic, CancellationToken cancellation) =>
        _partitions.TryGetValue(topic, out int partitions)
            ? partitions
            : (await GetAsync(topic, cancellation).ConfigureAwait(false)).Partitions.Length;

    public void Forget(string topic) => _partitions.TryRemove(topic, out _);
}
