namespace Weir.Client.Reading;

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Weir.Client.Calls;
using Weir.Contracts;
using Weir.Contracts.Topics;

/// <summary>Reads a topic, or a partition of it, page by page.</summary>
internal sealed class TopicReader<T>(TopicDirectory topics, TopicPages<T> pages, ReadOptions options)
{
    private const int PageEvents = 4096;

    // Below the time in which Orleans wants an answer, and often enough to notice that a silo has gone.
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(3);

    public async IAsyncEnumerable<TopicEvent<T>> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        TopicDescription topic = await topics.GetAsync(pages.Topic, cancellation).ConfigureAwait(false);
        int[] partitions = Partitions(topic);
        if (options.Follow && partitions.Length > 1)
        {
            await foreach (TopicEvent<T> found in FollowAllAsync(topic, cancellation).ConfigureAwait(false))
                yield return found;
            yield break;
        }

        foreach (int partition in partitions)
        {
            PartitionExtent extent = topic.Partitions[partition];
            await foreach (TopicEvent<T> found in ReadPartitionAsync(partition, extent, cancellation)
                .ConfigureAwait(false))
                yield return found;
        }
    }

    private int[] Partitions(TopicDescription topic)
    {
        if (options.From < 0)
            throw new WeirException(WeirError.InvalidRequest, $"Reading can not begin at offset {options.From}.");
        return options.Partition switch
        {
            null => [.. Enumerable.Range(0, topic.Partitions.Length)],
            int one when one >= 0 && one < topic.Partitions.Length => [one],
            int other => throw new WeirException(
                WeirError.InvalidRequest,
                $"The topic '{topic.Name}' has no partition {other}; it has 0 to {topic.Partitions.Length - 1}."),
        };
    }

    private async IAsyncEnumerable<TopicEvent<T>> ReadPartitionAsync(
        int partition, PartitionExtent extent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        long until = options.Follow ? long.MaxValue : extent.Next;
        long from = Math.Min(options.From ?? extent.First, extent.Next);
        while (from < until)
        {
            var request = new ReadRequest
            {
                Partition = partition,
                From = from,
                MaxEvents = PageEvents,
                Wait = options.Follow ? Wait : TimeSpan.Zero,
            };
            TopicPage<T> page = await pages.ReadAsync(request, cancellation).ConfigureAwait(false);
            foreach (TopicEvent<T> found in page.Events)
            {
                if (found.Offset >= until)
                    yield break;
                yield return found;
            }

            if (page.IsEnd || (page.Next <= from && !options.Follow))
                yield break;
            from = page.Next;
        }
    }

    private async IAsyncEnumerable<TopicEvent<T>> FollowAllAsync(
        TopicDescription topic, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var merged = Channel.CreateBounded<TopicEvent<T>>(
            new BoundedChannelOptions(PageEvents) { SingleReader = true });
        Task[] readers =
        [
            .. topic.Partitions.Select((extent, partition) => Task.Run(
                async () =>
                {
                    await foreach (TopicEvent<T> found in ReadPartitionAsync(partition, extent, stop.Token)
                        .ConfigureAwait(false))
                        await merged.Writer.WriteAsync(found, stop.Token).ConfigureAwait(false);
                },
                stop.Token)),
        ];
        _ = CompleteAsync(readers, merged.Writer);
        try
        {
            await foreach (TopicEvent<T> found in merged.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return found;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    // The first failure ends the whole reading: to go on without a partition would look like an end.
    private static async Task CompleteAsync(Task[] readers, ChannelWriter<TopicEvent<T>> writer)
    {
        try
        {
            await foreach (Task reader in Task.WhenEach(readers).ConfigureAwait(false))
                await reader.ConfigureAwait(false);
            writer.TryComplete();
        }
        catch (Exception failure)
        {
            writer.TryComplete(failure);
        }
    }
}
