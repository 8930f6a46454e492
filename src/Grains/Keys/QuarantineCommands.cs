namespace Weir.Grains.Keys;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

/// <summary>
/// Commands to keys in quarantine: a command is an event on the job's command topic, and is answered when the key's
/// group has applied it and a checkpoint holds that. Invariant: nothing here changes a key, and a command that was
/// answered stays obeyed whatever fails.
/// </summary>
/// <remarks>
/// Commands and events come on channels of their own, and which comes first is not the same in a replay: a command could
/// come before the event that it is about, find the key free, and do nothing. Behind a checkpoint neither is replayed.
/// </remarks>
internal sealed class QuarantineCommands(IEventLog log, IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // Both together are less than Orleans lets a call take.
    private static readonly TimeSpan CoverPatience = TimeSpan.FromSeconds(10);

    /// <summary>Releases or discards a key and waits until that is done.</summary>
    public async Task<QuarantineAnswer> SendAsync(KeyAddress address, bool release, IKeyGroupGrain group)
    {
        string name = address.Job.KeyPlan.OperatorNames[address.Operator];
        if (!address.Job.KeyPlan.Quarantines(address.Operator))
            throw new WeirException(
                WeirError.NotQuarantined,
                $"The operator '{name}' of '{address.Job.Name}' keeps no keys in quarantine: add "
                + "OnError(Errors.QuarantineKey) to it.");
        Type type = address.Job.KeyPlan.KeyTypeOf(address.Operator)!;
        string key = KeyText.Format(address.Job.Codecs.For(type).ReadObject(new ByteReader(address.Key))!);
        GroupQuarantine before = await group.ListQuarantinedAsync();
        QuarantineReport held = Of(before, key) ?? throw new WeirException(
            WeirError.NotQuarantined,
            $"The key '{key}' of the operator '{name}' is not in quarantine; list the keys that are.");
        Topic commands = address.Job.Graph.Commands!;
        AppendResult stored = await LogFailures.ToWeirAsync(() => log.AppendAsync(new AppendRequest
        {
            Partition = new TopicPartition(commands.Name, 0),
            Batches =
            [
                new NewBatch
                {
                    Kind = BatchKind.Events,
                    Count = 1,
                    Schema = commands.Schema,
                    Payload = address.Job.KeyPlan.QuarantineCommand(address.Operator, address.Key, release),
                },
            ],
        }));
        GroupQuarantine after = await AppliedAsync(group, before.Epoch, stored.From);
        await CoverAsync(grains.GetGrain<IJobGrain>($"j:{address.Job.Name}"), before.Epoch);
        return new QuarantineAnswer(held.Events, Of(after, key));
    }

    private async Task CoverAsync(IJobGrain job, long epoch)
    {
        try
        {
            await job.CheckpointAsync(epoch).WaitAsync(CoverPatience, time);
        }
        catch (Exception fault) when (fault is WeirException or TimeoutException or Orleans.Runtime.OrleansException)
        {
            throw new WeirException(
                WeirError.Unavailable,
                "The command was applied, and no checkpoint holds that yet: if the job has to start again before one does, "
                + $"the key may be held again. List its quarantine and repeat the command then. The cause was: {fault.Message}");
        }
    }

    private async Task<GroupQuarantine> AppliedAsync(IKeyGroupGrain group, long epoch, long command)
    {
        long start = time.GetTimestamp();
        for (int attempt = 1; ; attempt++)
        {
            GroupQuarantine state = await group.ListQuarantinedAsync();
            if (state.Epoch != epoch)
                throw new WeirException(
                    WeirError.JobNotRunning,
                    "The job was started again while the command was on its way: list its quarantine and try again.");
            if (state.CommandsTo > command)
                return state;
            if (time.GetElapsedTime(start) > Patience)
                throw new WeirException(
                    WeirError.Unavailable,
                    $"The command is stored, and was not applied within {Patience.TotalSeconds} s; it will be when the "
                    + "job gets to it.");
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5 << Math.Min(attempt, 5), 100)), time);
        }
    }

    private static QuarantineReport? Of(GroupQuarantine state, string key) =>
        Array.Find(state.Keys, report => report.Key == key);
}
