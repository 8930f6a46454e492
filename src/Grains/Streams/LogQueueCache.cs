namespace Weir.Grains.Streams;

using Orleans.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// Stands where the agent expects a cache. It holds nothing: every cursor reads the log. A place without a token is the
/// current end; <c>EarliestAvailable</c> is everything that is retained.
/// </summary>
internal sealed class LogQueueCache(LogCursors cursors) : IQueueCache
{
    // Notices handed to the agent at once; each is a stream of the slot.
    private const int MaxNotices = 1024;

    public int GetMaxAddCount() => MaxNotices;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        // Notices carry no data.
    }

    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        return false;
    }

    public bool IsUnderPressure() => false;

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        TopicPartition partition = Parse(streamId);
        return new LogCursor(cursors, streamId, partition, token?.SequenceNumber ?? cursors.Announcer.EndOf(partition));
    }

    public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursor(StreamId streamId, StreamSequenceToken? token) =>
        QueueCacheCursorResult<IQueueCacheCursor>.FromCursor(GetCacheCursor(streamId, token));

    public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursorAtPosition(
        StreamId streamId, StreamSubscriptionStartPosition startPosition) =>
        startPosition == StreamSubscriptionStartPosition.EarliestAvailable
            ? QueueCacheCursorResult<IQueueCacheCursor>.FromCursor(
                new LogCursor(cursors, streamId, Parse(streamId), LogCursor.Earliest))
            : TryGetCacheCursor(streamId, null);

    private static TopicPartition Parse(StreamId stream) => WeirStreams.TryParse(stream, out TopicPartition partition)
        ? partition
        : throw new ArgumentException($"'{stream}' is not a stream of a topic.", nameof(stream));
}
