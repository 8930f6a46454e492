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
/// group has applied it. Invariant: nothing here changes a key; whoever restores a checkpoint finds the command in the
/// log.
/// </summary>
internal sealed class QuarantineCommands(IEventLog log, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

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
        return new QuarantineAnswer(held.Events, Of(after, key));
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
