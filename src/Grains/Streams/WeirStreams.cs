namespace Weir.Grains.Streams;

using System.Globalization;
using Orleans.Providers.Streams.Common;
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

    /// <summary>
    /// Begins to read a partition at an offset, in place of whatever this grain read of it before. It takes effect at
    /// once: a handle that is resumed further back waits until something is appended, because the agent asks a
    /// subscriber for its place only when it has something to deliver. May be called while a delivery is under way.
    /// </summary>
    public static async Task<StreamSubscriptionHandle<EventBatchBlock>> ReadFromAsync(
        this IAsyncStream<EventBatchBlock> stream, IAsyncObserver<EventBatchBlock> observer, long offset)
    {
        await stream.StopReadingAsync();
        return await stream.SubscribeAsync(observer, new EventSequenceTokenV2(offset));
    }

    /// <summary>Ends all that this grain reads of a partition.</summary>
    public static async Task StopReadingAsync(this IAsyncStream<EventBatchBlock> stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        foreach (StreamSubscriptionHandle<EventBatchBlock> handle in await stream.GetAllSubscriptionHandles())
            await handle.UnsubscribeAsync();
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
