namespace Weir.Grains.Streams;

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Weir.Protocol.Logs;

/// <summary>
/// Knows how far each partition reaches and tells the receivers of this silo. What this process appends it learns at
/// once, the rest by asking the log now and then; every stream with data is announced when its slot comes to this silo
/// and again periodically. Invariant: an announcement is a hint that may come twice, and after data it always comes.
/// </summary>
internal sealed partial class StreamAnnouncer : IDisposable
{
    private readonly IEventLog _log;
    private readonly WeirStreamOptions _options;
    private readonly ILogger<StreamAnnouncer> _logger;
    private readonly ConcurrentDictionary<TopicPartition, long> _ends = new();
    private readonly LogQueueReceiver?[] _receivers;
    private readonly CancellationTokenSource _stop = new();
    private readonly IDisposable _watch;
    private int _hasBegun;

    public StreamAnnouncer(IEventLog log, IOptions<WeirStreamOptions> options, ILogger<StreamAnnouncer> logger)
    {
        _log = log;
        _options = options.Value;
        _logger = logger;
        _receivers = new LogQueueReceiver?[_options.Slots];
        _watch = log.Watch(OnAppended);
    }

    /// <summary>The end of a partition as far as this silo knows; 0 if it knows nothing.</summary>
    public long EndOf(TopicPartition partition) => _ends.GetValueOrDefault(partition);

    /// <summary>Has the slot's streams looked at again, if this silo has the slot.</summary>
    public void Announce(TopicPartition partition) => ReceiverOf(partition)?.Add(partition, EndOf(partition));

    /// <summary>A slot has come to this silo: its streams are announced to it from now on, those with data at once.
    /// </summary>
    public async Task AttachAsync(LogQueueReceiver receiver)
    {
        Volatile.Write(ref _receivers[receiver.Slot], receiver);
        if (Interlocked.Exchange(ref _hasBegun, 1) == 0)
            _ = LookAgainAsync(_stop.Token);
        await TryRefreshAsync(receiver);
    }

    /// <summary>A slot has gone.</summary>
    public void Detach(LogQueueReceiver receiver) =>
        Interlocked.CompareExchange(ref _receivers[receiver.Slot], null, receiver);

    public void Dispose()
    {
        _watch.Dispose();
        _stop.Cancel();
        _stop.Dispose();
    }

    private LogQueueReceiver? ReceiverOf(TopicPartition partition) => Volatile.Read(
        ref _receivers[WeirStreams.SlotOf(partition.Topic, partition.Partition, _receivers.Length)]);

    private void OnAppended(TopicPartition partition, long next)
    {
        long before = EndOf(partition);
        _ends.AddOrUpdate(partition, next, (_, known) => Math.Max(known, next));
        ReceiverOf(partition)?.Add(partition, before);
    }

    private async Task LookAgainAsync(CancellationToken cancellation)
    {
        long announced = Environment.TickCount64;
        using var timer = new PeriodicTimer(_options.RefreshInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                await TryRefreshAsync(null);
                if (Environment.TickCount64 - announced < _options.ReannounceInterval.TotalMilliseconds)
                    continue;
                announced = Environment.TickCount64;
                foreach (TopicPartition partition in _ends.Keys)
                    Announce(partition);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    /// <summary>Asks the log for the ends of one slot, or of all slots of this silo.</summary>
    private async Task TryRefreshAsync(LogQueueReceiver? attached)
    {
        try
        {
            IReadOnlyList<TopicInfo> topics = await _log.ListTopicsAsync(_stop.Token);
            Exception? failure = null;
            foreach (TopicInfo topic in topics)
            {
                for (int i = 0; i < topic.Partitions; i++)
                    failure = await RefreshAsync(new TopicPartition(topic.Name, i), attached) ?? failure;
            }

            if (failure is not null)
                LogRefreshFailed(_logger, failure);

            ForgetAllBut(topics);
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
        catch (Exception failure)
        {
            // The log is away or closing. The next look makes up for it: what became known late is announced then.
            LogRefreshFailed(_logger, failure);
        }
    }

    /// <summary>Asks for one partition. Where several systems hold the topics, those of one that does not answer must not
    /// keep the others waiting: the failure is returned.</summary>
    private async Task<Exception?> RefreshAsync(TopicPartition partition, LogQueueReceiver? attached)
    {
        LogQueueReceiver? receiver = ReceiverOf(partition);
        if (receiver is null || (attached is not null && receiver != attached))
            return null;
        try
        {
            long end = (await _log.DescribeAsync(partition, _stop.Token)).Next;
            long before = EndOf(partition);
            if (end > before)
                OnAppended(partition, end);
            else if (attached is not null && end > 0)
                receiver.Add(partition, end);
        }
        catch (EventLogException gone) when (gone.Error == EventLogError.UnknownTopic)
        {
            // Deleted since the list was made.
        }
        catch (EventLogException away) when (away.Error == EventLogError.Unavailable)
        {
            return away;
        }

        return null;
    }

    private void ForgetAllBut(IReadOnlyList<TopicInfo> topics)
    {
        var names = topics.Select(topic => topic.Name).ToHashSet(StringComparer.Ordinal);
        foreach (TopicPartition partition in _ends.Keys)
        {
            if (!names.Contains(partition.Topic))
                _ends.TryRemove(partition, out _);
        }
    }

    [LoggerMessage(
        EventId = 152,
        Level = LogLevel.Warning,
        Message = "The event log could not be asked for news; it is asked again")]
    private static partial void LogRefreshFailed(ILogger logger, Exception failure);
}
