namespace Weir.Grains.Exchange;

using System.Collections.Concurrent;
using Weir.Engine.Graph;
using Weir.Engine.Operators;

/// <summary>A key group of this silo in an epoch.</summary>
internal sealed record LocalGroup(GroupInbox Inbox, JobPlan Plan);

/// <summary>
/// The key groups of this silo. Slices are posted to their inboxes by reference. Invariant: a slice is posted once; the
/// order of a channel is the order of its sender's calls. A sender whose epoch has ended is released.
/// </summary>
internal sealed class SiloExchange
{
    private readonly ConcurrentDictionary<GroupAddress, LocalGroup> _local = new();

    /// <summary>A key group of this silo has begun an epoch.</summary>
    public void Register(GroupAddress address, LocalGroup group) => _local[address] = group;

    /// <summary>A key group of this silo has ended; nothing happens if another epoch has begun since.</summary>
    public void Unregister(GroupAddress address, GroupInbox inbox)
    {
        if (Find(address) is { } group && group.Inbox == inbox)
            _local.TryRemove(new KeyValuePair<GroupAddress, LocalGroup>(address, group));
    }

    /// <summary>The key group if this silo has it.</summary>
    public LocalGroup? Find(GroupAddress address) => _local.GetValueOrDefault(address);

    /// <summary>Posts a slice to its group and waits for room there; null if the group is not here.</summary>
    public ValueTask? TryPost(GroupAddress address, Slice slice)
    {
        if (!_local.TryGetValue(address, out LocalGroup? group) || group.Inbox.Epoch != slice.Epoch)
            return null;
        return group.Inbox.TryPost(slice)
            ? ValueTask.CompletedTask
            : new ValueTask(PostWhenRoomAsync(group.Inbox, slice));
    }

    private static async Task PostWhenRoomAsync(GroupInbox inbox, Slice slice)
    {
        do
            await inbox.WhenRoom(slice.Target.Channel, slice.Weight);
        while (!inbox.TryPost(slice));
    }
}
