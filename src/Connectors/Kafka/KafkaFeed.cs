namespace Weir.Connectors.Kafka;

using Weir.Protocol.Logs;

/// <summary>
/// One reader's place in a partition, with the messages that have come for it. The thread of a consumer fills it, one
/// reader at a time takes from it. Invariant: what is taken goes on at <see cref="Next"/> without a gap, and what waits is
/// bounded: a feed that is full is paused.
/// </summary>
internal sealed class KafkaFeed(KafkaPartition partition, long next)
{
    private const int FullAt = 1 << 20;
    private const int MessageOverhead = 64;
    private readonly Lock _gate = new();
    private readonly Queue<KafkaMessage> _waiting = new();
    private readonly BatchCutter _cutter = new();
    private long _bytes;
    private long _end = -1;
    private bool _isPaused;
    private EventLogException? _failure;
    private TaskCompletionSource? _arrival;

    public KafkaPartition Partition => partition;

    /// <summary>Where the next read goes on.</summary>
    public long Next { get; private set; } = next;

    /// <summary>When it was last read from.</summary>
    public long UsedAt { get; set; }

    /// <summary>Whether a reader has it now.</summary>
    public bool IsRented { get; set; }

    /// <summary>Whether it can not be read any more.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_gate)
                return _failure is not null;
        }
    }

    /// <summary>A message has come. True if it is the first that waits.</summary>
    public bool Push(in KafkaMessage message, out bool isFull)
    {
        lock (_gate)
        {
            _waiting.Enqueue(message);
            _bytes += MessageOverhead + (message.Value?.Length ?? 0);
            isFull = _bytes >= FullAt && !_isPaused;
            _isPaused |= isFull;
            Wake();
            return _waiting.Count == 1;
        }
    }

    /// <summary>The partition ended here when it was last looked at.</summary>
    public void OnEnd(long offset)
    {
        lock (_gate)
        {
            _end = offset;
            Wake();
        }
    }

    public void Fail(EventLogException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
            Wake();
        }
    }

    /// <summary>Reads on. Empty only if the partition has nothing beyond <paramref name="knownEnd"/> either.</summary>
    public async Task<LogFetch> ReadAsync(ReadLimits limits, FeedPatience patience, CancellationToken cancellation)
    {
        var fetch = new FetchBuilder(Next, partition.Schema, limits);
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (_waiting.Count == 0 && _failure is { } failure)
                    throw failure;
                Take(fetch);
                if (!fetch.IsEmpty || (_end >= 0 && Math.Max(_end, Next) >= patience.KnownEnd))
                    return fetch.ToFetch();
                _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }

            try
            {
                await arrival.WaitAsync(patience.Timeout, cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException timeout)
            {
                // A place that stays silent is taken anew by the next read.
                var silent = new EventLogException(
                    EventLogError.Unavailable,
                    $"The Kafka cluster '{partition.Cluster}' gave nothing of {partition.Place} from offset {Next} on for "
                    + $"{patience.Timeout.TotalSeconds:0.#} s, although it should have something. See that the brokers run "
                    + "and can be reached; it is tried again.",
                    timeout);
                Fail(silent);
                throw silent;
            }
        }
    }

    /// <summary>Whether it was paused and has room again; it is to be resumed then.</summary>
    public bool TryResume()
    {
        lock (_gate)
        {
            if (!_isPaused || _bytes > FullAt / 2)
                return false;
            _isPaused = false;
            return true;
        }
    }

    private void Take(FetchBuilder fetch)
    {
        while (_waiting.TryPeek(out KafkaMessage message))
        {
            // What lies before the place in its block only tells how the rest is cut.
            bool isWanted = message.Offset >= Next;
            if (isWanted && !fetch.HasRoomFor(in message))
                return;
            _waiting.Dequeue();
            _bytes -= MessageOverhead + (message.Value?.Length ?? 0);
            MessagePlace place = _cutter.Take(message.Offset, message.Timestamp, message.Value is not null);
            if (!isWanted)
                continue;
            fetch.Add(in message, place);
            Next = message.Offset + 1;
        }
    }

    private void Wake()
    {
        _arrival?.TrySetResult();
        _arrival = null;
    }
}

/// <summary>How long a read waits.</summary>
/// <param name="KnownEnd">The partition is known to reach this far, so a read before it waits.</param>
/// <param name="Timeout">For this long.</param>
internal readonly record struct FeedPatience(long KnownEnd, TimeSpan Timeout);

/// <summary>A partition that is read.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Place">The partition, under the topic's name in jobs.</param>
/// <param name="InKafka">The topic's name in Kafka.</param>
/// <param name="Schema">What its events are.</param>
internal sealed record KafkaPartition(string Cluster, TopicPartition Place, string InKafka, string Schema);
