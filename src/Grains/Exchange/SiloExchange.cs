namespace Weir.Grains.Exchange;

using System.Collections.Concurrent;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;

/// <summary>
/// The exchange of a silo: it brings slices to the inboxes of local key groups by reference, and to groups elsewhere as
/// bytes. Invariant: a slice is posted once; the order of a channel is the order of its sender's calls. A sender whose
/// epoch has ended is released.
/// </summary>
internal sealed class SiloExchange(IGrainFactory grains)
{
    private readonly ConcurrentDictionary<GroupAddress, GroupInbox> _local = new();

    /// <summary>A key group of this silo has begun an epoch.</summary>
    public void Register(GroupAddress address, GroupInbox inbox) => _local[address] = inbox;

    /// <summary>A key group of this silo has ended; nothing happens if another epoch has begun since.</summary>
    public void Unregister(GroupAddress address, GroupInbox inbox) =>
        _local.TryRemove(new KeyValuePair<GroupAddress, GroupInbox>(address, inbox));

    /// <summary>Brings a slice to its group and waits for room there.</summary>
    public ValueTask PostAsync(GroupAddress address, Slice slice, CancellationToken closed)
    {
        if (_local.TryGetValue(address, out GroupInbox? inbox) && inbox.Epoch == slice.Epoch)
            return inbox.TryPost(slice) ? ValueTask.CompletedTask : new ValueTask(PostWhenRoomAsync(inbox, slice));
        return new ValueTask(SendAsync(address, slice, closed));
    }

    private static async Task PostWhenRoomAsync(GroupInbox inbox, Slice slice)
    {
        do
            await inbox.WhenRoom();
        while (!inbox.TryPost(slice));
    }

    private async Task SendAsync(GroupAddress address, Slice slice, CancellationToken closed)
    {
        var bytes = new ByteWriter();
        slice.Encode(bytes);
        var wire = new WireSlice(
            slice.Epoch, slice.Sequence, slice.Target.Channel, slice.Target.Edge, bytes.WrittenMemory);
        slice.Release();
        IKeyGroupGrain group = grains.GetGrain<IKeyGroupGrain>(address.ToString());
        for (int attempt = 1; !await group.ReceiveAsync(wire); attempt++)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(attempt, 50)), closed);
    }
}
