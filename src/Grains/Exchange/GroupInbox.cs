namespace Weir.Grains.Exchange;

using Weir.Engine.Operators;

/// <summary>
/// Slices that wait for a key group of this silo. Invariant: it never holds more weight than its bound, except for a
/// single slice that is heavier by itself; who finds it full keeps the slice and waits for room. A channel whose slices
/// wait behind a barrier has a bound of its own for them, so that it takes no room from those that are waited for.
/// </summary>
/// <remarks>Any thread may post; only the group takes. The group is woken once, when the inbox stops being
/// empty.</remarks>
internal sealed class GroupInbox(long epoch, int bound, Action wake)
{
    private readonly Lock _lock = new();
    private Queue<Slice> _slices = new();
    private Queue<Slice> _spare = new();
    private TaskCompletionSource? _room;
    private int[] _held = [];
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

            if (!HasRoom(slice.Target.Channel, slice.Weight))
                return false;
            first = _slices.Count == 0;
            _slices.Enqueue(slice);
            _weight += slice.Weight;
        }

        if (first)
            wake();
        return true;
    }

    /// <summary>Whether a slice of a channel may find room, however heavy it is.</summary>
    public bool MayTake(int channel)
    {
        lock (_lock)
            return _isClosed || HasRoom(channel, 1);
    }

    /// <summary>Completes when there may be room for a slice of a channel.</summary>
    public Task WhenRoom(int channel, int weight)
    {
        lock (_lock)
        {
            if (_isClosed || HasRoom(channel, weight))
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

    /// <summary>Says what waits behind barriers, by channel.</summary>
    public void Hold(int[] weights)
    {
        TaskCompletionSource? room;
        lock (_lock)
        {
            _held = weights;
            room = _room;
            _room = null;
        }

        room?.SetResult();
    }

    private bool HasRoom(int channel, int weight)
    {
        if (channel < _held.Length && _held[channel] > bound)
            return false;
        return _weight == 0 || _weight + weight <= bound;
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
