namespace Weir.Grains.Logs;

using System.Collections.Concurrent;
using Weir.Protocol.Logs;

/// <summary>
/// Lets readers wait for the next append to a partition. Invariant: the log has one watcher however many wait, and at
/// most one signal a partition is held.
/// </summary>
public sealed class LogArrivals : IDisposable
{
    private readonly ConcurrentDictionary<TopicPartition, TaskCompletionSource> _signals = new();
    private readonly IDisposable _watch;

    /// <summary>Watches a log.</summary>
    public LogArrivals(IEventLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        _watch = log.Watch((partition, _) => Signal(partition));
    }

    /// <summary>Ends at the next append after this call that this process notices. Ask for it before reading: then
    /// nothing is missed between the read and the wait.</summary>
    public Task Next(TopicPartition partition) => _signals.GetOrAdd(
        partition, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Stops watching and wakes whoever waits.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        foreach (TopicPartition partition in _signals.Keys)
            Signal(partition);
    }

    private void Signal(TopicPartition partition)
    {
        if (_signals.TryRemove(partition, out TaskCompletionSource? signal))
            signal.TrySetResult();
    }
}
