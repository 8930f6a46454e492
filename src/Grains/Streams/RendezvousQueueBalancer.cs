namespace Weir.Grains.Streams;

using System.Collections.Concurrent;
using Orleans.Streams;
using Weir.Grains.Placement;

/// <summary>
/// Says which queue slots this silo has agents for: those whose place it is, so that a source finds its agent beside it.
/// While silos learn of each other two may have agents for one slot, or none: sources drop what comes twice, and an agent
/// that is there again looks at all streams of its slot.
/// </summary>
internal sealed class RendezvousQueueBalancer(SiloLayout layout) : IStreamQueueBalancer
{
    private readonly ConcurrentDictionary<IStreamQueueBalanceListener, bool> _listeners = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private QueueId[] _slots = [];

    public Task Initialize(IStreamQueueMapper queueMapper)
    {
        _slots = [.. queueMapper.GetAllQueues()];
        WatchAsync(layout.Current.Version).Ignore();
        return Task.CompletedTask;
    }

    public Task Shutdown()
    {
        _listeners.Clear();
        _stopped.TrySetResult();
        return Task.CompletedTask;
    }

    public IEnumerable<QueueId> GetMyQueues()
    {
        Layout current = layout.Current;
        return [.. _slots.Where((_, slot) => layout.Local.Equals(current.OwnerOf(Place.OfSlot(slot, _slots.Length))))];
    }

    public bool SubscribeToQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) =>
        _listeners.TryAdd(observer, true);

    public bool UnSubscribeFromQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) =>
        _listeners.TryRemove(observer, out _);

    private async Task WatchAsync(int version)
    {
        while (true)
        {
            await Task.WhenAny(layout.WhenNotAsync(version), _stopped.Task).ConfigureAwait(false);
            if (_stopped.Task.IsCompleted)
                return;
            version = layout.Current.Version;
            foreach (IStreamQueueBalanceListener listener in _listeners.Keys)
                listener.QueueDistributionChangeNotification().Ignore();
        }
    }
}
