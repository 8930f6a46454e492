namespace Weir.Grains.Streams;

using System.Globalization;
using Orleans.Streams;
using Weir.Engine.Streams;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

/// <summary>How topics appear as Orleans streams: namespace = topic, key = partition.</summary>
public static class WeirStreams
{
    /// <summary>The name of the stream provider.</summary>
    public const string ProviderName = "weir";

    /// <summary>The stream of a partition.</summary>
    public static StreamId IdOf(string topic, int partition) =>
        StreamId.Create(topic, partition.ToString(CultureInfo.InvariantCulture));

    /// <summary>The stream of a partition as whole blocks: see <see cref="EventBatchBlock"/>.</summary>
    public static IAsyncStream<EventBatchBlock> BlocksOf(this IStreamProvider provider, string topic, int partition)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return provider.GetStream<EventBatchBlock>(IdOf(topic, partition));
    }

    /// <summary>The queue slot, of a number of slots, that delivers a partition.</summary>
    public static int SlotOf(string topic, int partition, int slots) =>
        (int)((StableHash.Of(topic.AsSpan()) + (ulong)partition) % (ulong)slots);

    internal static bool TryParse(StreamId stream, out TopicPartition partition)
    {
        bool isPartition = TopicKeys.TryParse(stream.GetKeyAsString(), out int number);
        partition = new TopicPartition(stream.GetNamespace() ?? "", number);
        return isPartition && partition.Topic.Length > 0;
    }
}
