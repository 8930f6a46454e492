namespace Weir.Grains.Streams;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Protocol.Logs;

/// <summary>What the cursors of a silo share: the log, the limits of a read, and what to do at offsets that are not
/// there.</summary>
internal sealed partial class LogCursors(
    IEventLog log,
    StreamAnnouncer announcer,
    CodecRegistry codecs,
    IOptions<WeirStreamOptions> options,
    ILogger<LogCursors> logger)
{
    private readonly ReadLimits _limits = new(options.Value.MaxEvents, options.Value.MaxBytes);

    public StreamAnnouncer Announcer => announcer;

    /// <summary>How long a log that failed is left alone.</summary>
    public TimeSpan FailureDelay => options.Value.MaxRetryDelay;

    public LogBatchContainer Contain(StreamId stream, TopicPartition partition, long asked, LogFetch fetch) =>
        new(codecs, stream, new EventBatchBlock
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            Asked = asked,
            From = fetch.From,
            Next = fetch.Next,
            Batches = [.. fetch.Batches.Select(batch => WireBatch.Of(in batch))],
        });

    /// <summary>
    /// Reads on from a place. Where retention has removed the place it goes on at the first retained offset; above the
    /// end and without a topic there is nothing, until there is.
    /// </summary>
    public async Task<LogFetch> ReadAsync(TopicPartition partition, long position, CancellationToken cancellation)
    {
        try
        {
            if (position == LogCursor.Earliest)
                return await ReadFirstAsync(partition, cancellation);
            return await log.ReadAsync(partition, position, _limits, cancellation);
        }
        catch (EventLogException expired) when (expired.Error == EventLogError.OffsetExpired)
        {
            LogFetch fetch = await ReadFirstAsync(partition, cancellation);
            if (position != LogCursor.Earliest)
                LogDataMissing(logger, partition, position, fetch.From);
            return fetch;
        }
        catch (EventLogException above) when (above.Error == EventLogError.InvalidRequest)
        {
            LogAboveEnd(logger, partition, position);
            return new LogFetch(position, position, []);
        }
        catch (EventLogException unknown) when (unknown.Error == EventLogError.UnknownTopic)
        {
            return new LogFetch(position, position, []);
        }
    }

    private async Task<LogFetch> ReadFirstAsync(TopicPartition partition, CancellationToken cancellation)
    {
        PartitionInfo extent = await log.DescribeAsync(partition, cancellation);
        return await log.ReadAsync(partition, extent.First, _limits, cancellation);
    }

    [LoggerMessage(
        EventId = 150,
        Level = LogLevel.Warning,
        Message = "A subscriber of {Partition} asked for offset {Asked}, no longer retained; it goes on at {From}")]
    private static partial void LogDataMissing(ILogger logger, TopicPartition partition, long asked, long from);

    [LoggerMessage(
        EventId = 151,
        Level = LogLevel.Warning,
        Message = "A subscriber of {Partition} asked for offset {Asked}, above the end; it gets nothing below")]
    private static partial void LogAboveEnd(ILogger logger, TopicPartition partition, long asked);
}
