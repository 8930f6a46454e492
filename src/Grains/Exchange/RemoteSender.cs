namespace Weir.Grains.Exchange;

using Weir.Engine.Operators;

/// <summary>
/// What one instance of a stage has on its way to other silos. Invariant: it is never more than its bounds, except for a
/// single slice that is larger by itself; who has no room waits, and others do not.
/// </summary>
/// <param name="bound">The events that may be on their way.</param>
internal sealed class RemoteSender(int bound)
{
    private const int MaxBytes = 1 << 20;
    private readonly Lock _gate = new();
    private readonly Dictionary<SliceTarget, RemoteChannel> _channels = [];
    private TaskCompletionSource? _room;
    private Exception? _failure;
    private int _weight;
    private long _bytes;
    private bool _isClosed;

    /// <summary>Whether its epoch has ended: what is on its way is of no use any more.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Whether nothing is on its way.</summary>
    public bool IsEmpty => Volatile.Read(ref _weight) == 0;

    /// <summary>The channel of a target. Only the turns of the stage ask for it.</summary>
    public RemoteChannel ChannelOf(GroupAddress address, Slice slice)
    {
        if (!_channels.TryGetValue(slice.Target, out RemoteChannel? channel))
            _channels.Add(slice.Target, channel = new RemoteChannel(this, address, slice.Target, slice.Epoch));
        return channel;
    }

    /// <summary>Whether slices of a target are on their way, which the next one must not overtake.</summary>
    public bool HasWaiting(SliceTarget target) =>
        !IsEmpty && _channels.TryGetValue(target, out RemoteChannel? channel) && channel.HasAny;

    public void Take(int weight, int bytes)
    {
        lock (_gate)
        {
            _weight += weight;
            _bytes += bytes;
        }
    }

    public void Release(int weight, int bytes)
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _weight -= weight;
            _bytes -= bytes;
            if (!HasRoom)
                return;
            room = _room;
            _room = null;
        }

        room?.SetResult();
    }

    /// <summary>Completes when more may be sent, or nothing need be any more.</summary>
    public ValueTask WhenRoomAsync()
    {
        lock (_gate)
        {
            if (_failure is not null)
                return ValueTask.FromException(_failure);
            if (_isClosed || HasRoom)
                return ValueTask.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return WaitAsync(_room.Task);
        }
    }

    /// <summary>What was sent can not be read where it goes: the stage can not go on.</summary>
    public void Fail(Exception failure) => End(failure);

    public void Close() => End(null);

    private bool HasRoom => _weight == 0 || (_weight < bound && _bytes < MaxBytes);

    private async ValueTask WaitAsync(Task room)
    {
        await room;
        await WhenRoomAsync();
    }

    private void End(Exception? failure)
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _failure ??= failure;
            _isClosed |= failure is null;
            room = _room;
            _room = null;
        }

        room?.SetResult();
    }
}
