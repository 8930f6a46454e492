namespace Weir.Grains.Keys;

using System.Collections.Concurrent;
using Weir.Contracts.Keys;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;

/// <summary>
/// The groups that run on this silo, for clients in its process. Invariant: a group is read between two changes only, as
/// in a turn of its grain, and no more once it has ended there.
/// </summary>
internal sealed class LocalGroups(JobRegistry jobs) : ILocalGroups
{
    private readonly ConcurrentDictionary<GroupAddress, GroupRun> _runs = new();

    /// <summary>A group has begun an epoch here.</summary>
    public void Enter(GroupAddress address, GroupRun run) => _runs[address] = run;

    /// <summary>A group has ended here; nothing happens if another epoch has begun since.</summary>
    public void Leave(GroupAddress address, GroupRun run) =>
        _runs.TryRemove(new KeyValuePair<GroupAddress, GroupRun>(address, run));

    public GroupAnswer? TryFind(in KeyOfGroup key)
    {
        var address = new GroupAddress(key.Job, key.Operator, key.Group);
        return _runs.TryGetValue(address, out GroupRun? run)
            && KeyAddress.IsInGroup(jobs.Job(key.Job), address, key.View, key.Key)
            && run.TryFind(key.Key, out WireAnswer? answer)
            ? new GroupAnswer(true, answer)
            : null;
    }
}
