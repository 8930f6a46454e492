namespace Weir.Grains.Exchange;

using Weir.Engine.Operators;

/// <summary>
/// Slices that wait for a key group of this silo. Invariant: it never holds more weight than its bound, except for a
/// single slice that is heavier by itself; who finds it full keeps the slice and waits for room.
/// </summary>
/// <remarks>Any thread may post; only the group takes. The group is woken once, when the inbox stops being
/// empty.</remarks>
internal sealed class GroupInbox(long epoch, int bound, Action wake)
{
    private readonly Lock _lock = new();
    private Queue<Slice> _slices = new();
    private Queue<Slice> _spare = new();
    private TaskCompletionSource? _room;
    private int _weight;
    private bool _isClosed;

    /// <summary>The epoch of the group behind it.</summary>
    public long Epoch => epoch;

    /// <summary>Whether anything waits.</summary>
    public bool HasAny
    {
        get
        {
            lock (_lock)
                return _slices.Count > 0;
        }
    }

    /// <summary>Takes a slice if there is room; a closed inbox drops it.</summary>
    public bool TryPost(Slice slice)
    {
        bool first;
        lock (_lock)
        {
            if (_isClosed)
            {
                slice.Release();
                return true;
            }

            if (_weight > 0 && _weight + slice.Weight > bound)
                return false;
            first = _slices.Count == 0;
            _slices.Enqueue(slice);
            _weight += slice.Weight;
        }

        if (first)
            wake();
        return true;
    }

    /// <summary>Completes when there may be room.</summary>
    public Task WhenRoom()
    {
        lock (_lock)
        {
            if (_isClosed || _weight == 0)
                return Task.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Takes everything that waits. The queue is valid until the next call.</summary>
    public Queue<Slice> TakeAll()
    {
        TaskCompletionSource? room;
        Queue<Slice> taken;
        lock (_lock)
        {
            taken = _slices;
            _slices = _spare;
            _spare = taken;
            _weight = 0;
            room = _room;
            _room = null;
        }

        room?.SetResult();
        return taken;
    }

    /// <summary>Drops what waits and everything that comes.</summary>
    public void Close()
    {
        lock (_lock)
            _isClosed = true;
        Queue<Slice> dropped = TakeAll();
        while (dropped.TryDequeue(out Slice? slice))
            slice.Release();
    }
}
