namespace Weir.Connectors.Kafka;

using System.Collections.Concurrent;
using Confluent.Kafka;
using Weir.Protocol.Logs;
using TopicPartition = Weir.Protocol.Logs.TopicPartition;

/// <summary>
/// A consumer with a thread of its own, which fills the feeds of many partitions, one feed for each. Invariant: only that
/// thread calls the consumer, and a feed gets nothing that was asked for by the one before it.
/// </summary>
internal sealed class KafkaLane : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly IConsumer<Ignore, byte[]?> _consumer;
    private readonly Action<TopicPartition, KafkaMessage> _arrived;
    private readonly string _cluster;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Dictionary<Confluent.Kafka.TopicPartition, KafkaFeed> _feeds = [];
    private readonly Thread _thread;
    private volatile bool _stops;

    /// <summary>Begins to consume.</summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="clients">Makes the consumer.</param>
    /// <param name="arrived">Called for the first message that waits in a feed.</param>
    public KafkaLane(string cluster, KafkaClients clients, Action<TopicPartition, KafkaMessage> arrived)
    {
        _cluster = cluster;
        _arrived = arrived;
        _consumer = clients.NewConsumer();
        _thread = new Thread(Run) { IsBackground = true, Name = $"weir kafka {cluster}" };
        _thread.Start();
    }

    /// <summary>Whether the consumer has failed for good.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Begins to fill a feed from an offset on, in place of <paramref name="before"/>.</summary>
    public void Begin(KafkaFeed feed, long from, KafkaFeed? before) => _commands.Enqueue(() =>
    {
        Confluent.Kafka.TopicPartition place = PlaceOf(feed);
        if (before is not null && _feeds.Remove(place))
            _consumer.IncrementalUnassign([place]);
        _feeds.Add(place, feed);
        _consumer.IncrementalAssign([new TopicPartitionOffset(place, from)]);
    });

    /// <summary>A feed that was full has room again.</summary>
    public void Resume(KafkaFeed feed) => _commands.Enqueue(() =>
    {
        if (_feeds.TryGetValue(PlaceOf(feed), out KafkaFeed? present) && present == feed)
            _consumer.Resume([PlaceOf(feed)]);
    });

    public void Dispose()
    {
        _stops = true;
        _thread.Join();
        _consumer.Dispose();
    }

    private static Confluent.Kafka.TopicPartition PlaceOf(KafkaFeed feed) =>
        new(feed.Partition.InKafka, feed.Partition.Place.Partition);

    private void Run()
    {
        while (!_stops)
        {
            try
            {
                while (_commands.TryDequeue(out Action? command))
                    command();
                if (_consumer.Consume(Pause) is { } result)
                    Take(result);
            }
            catch (ConsumeException refused)
            {
                Fail(refused);
            }
            catch (KafkaException failure)
            {
                Break(KafkaFailures.Of(_cluster, "be read", failure.Error, failure));
            }
            catch (Exception failure)
            {
                // On a thread of its own nobody else would catch it.
                Break(new EventLogException(
                    EventLogError.Unavailable,
                    $"Reading from the Kafka cluster '{_cluster}' has failed ({failure.Message}); it is tried again.",
                    failure));
            }
        }

        FailAll(new EventLogException(
            EventLogError.Unavailable, $"The connection to the Kafka cluster '{_cluster}' was closed: the silo is stopping."));
    }

    private void Take(ConsumeResult<Ignore, byte[]?> result)
    {
        if (!_feeds.TryGetValue(result.TopicPartition, out KafkaFeed? feed))
            return;
        if (result.IsPartitionEOF)
        {
            feed.OnEnd(result.Offset);
            return;
        }

        var message = new KafkaMessage(
            result.Offset, result.Message.Timestamp.UnixTimestampMs, result.Message.Value);
        if (feed.Push(in message, out bool isFull))
            _arrived(feed.Partition.Place, message);
        if (isFull)
            _consumer.Pause([result.TopicPartition]);
    }

    /// <summary>One partition can not be read on; without a partition it is news that pass.</summary>
    private void Fail(ConsumeException refused)
    {
        if (refused.Error.IsFatal)
        {
            Break(KafkaFailures.Of(_cluster, "be read", refused.Error, refused));
            return;
        }

        Confluent.Kafka.TopicPartition? place = refused.ConsumerRecord?.TopicPartition;
        if (place is null || !IsFinal(refused.Error.Code) || !_feeds.Remove(place, out KafkaFeed? feed))
            return;
        _consumer.IncrementalUnassign([place]);
        feed.Fail(KafkaFailures.Of(_cluster, $"read {feed.Partition.Place}", refused.Error, refused));
    }

    // Everything else librdkafka tries again by itself.
    private static bool IsFinal(ErrorCode code) => code is
        ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset or ErrorCode.UnknownTopicOrPart
        or ErrorCode.Local_UnknownPartition or ErrorCode.Local_UnknownTopic or ErrorCode.TopicAuthorizationFailed
        or ErrorCode.Local_Fail or ErrorCode.Local_BadMsg or ErrorCode.Local_BadCompression;

    private void Break(EventLogException failure)
    {
        IsBroken = true;
        _stops = true;
        FailAll(failure);
    }

    private void FailAll(EventLogException failure)
    {
        foreach (KafkaFeed feed in _feeds.Values)
            feed.Fail(failure);
        _feeds.Clear();
    }
}
