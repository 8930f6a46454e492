namespace Weir.Grains.Streams;

using Orleans.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// Tells the agent of one slot which of its streams have something. Invariant: a stream that was added is handed out
/// after that, once however often it was added; the agent is woken at once and never polls without waiting.
/// </summary>
internal sealed class LogQueueReceiver(StreamAnnouncer announcer, int slot, TimeSpan pollWait) : IQueueAdapterReceiver
{
    // A wait that ends without news is no failure.
    private const ConfigureAwaitOptions UnlessLate =
        ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;

    private readonly Lock _gate = new();
    private readonly Dictionary<TopicPartition, long> _pending = [];
    private TaskCompletionSource? _arrival;

    public int Slot => slot;

    /// <summary>Adds a stream that may have something from an offset on.</summary>
    public void Add(TopicPartition partition, long from)
    {
        lock (_gate)
        {
            if (!_pending.TryGetValue(partition, out long known) || from < known)
                _pending[partition] = from;
            _arrival?.TrySetResult();
            _arrival = null;
        }
    }

    public Task Initialize(TimeSpan timeout) => announcer.AttachAsync(this);

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) =>
        GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        if (Arrival() is { } arrival)
            await arrival.WaitAsync(pollWait, cancellationToken).ConfigureAwait(UnlessLate);
        return Take(maxCount < 1 ? int.MaxValue : maxCount);
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout)
    {
        announcer.Detach(this);
        return Task.CompletedTask;
    }

    /// <summary>What to wait for, or null if something is there.</summary>
    private Task? Arrival()
    {
        lock (_gate)
        {
            if (_pending.Count > 0)
                return null;
            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _arrival.Task;
        }
    }

    private List<IBatchContainer> Take(int maxCount)
    {
        lock (_gate)
        {
            var notices = new List<IBatchContainer>(Math.Min(_pending.Count, maxCount));
            foreach ((TopicPartition partition, long from) in _pending)
            {
                if (notices.Count == maxCount)
                    break;
                notices.Add(new StreamNotice(WeirStreams.IdOf(partition.Topic, partition.Partition), from));
                _pending.Remove(partition);
            }

            return notices;
        }
    }
}
