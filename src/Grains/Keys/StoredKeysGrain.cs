namespace Weir.Grains.Keys;

using System.Text.Json;
using Orleans.Concurrency;
using Orleans.Runtime;
using Weir.Contracts;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Grains.Checkpoints;
using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;

/// <summary>
/// The keys of an operator as of a checkpoint, read on whichever silo is asked. Invariant: it asks no other silo, so it
/// answers while groups move or are lost.
/// </summary>
[GrainType("weirstoredkeys")]
[StatelessWorker(1)]
[Reentrant]
internal sealed class StoredKeysGrain(JobRegistry jobs, StoredJobs stored, SegmentFiles files) : Grain, IStoredKeysGrain
{
    private readonly Dictionary<int, GroupReaders> _groups = [];

    public async Task<WireAnswer?> FindAsync(string key, ReadAt at)
    {
        KeyAddress address = AddressOf(key);
        address.CheckView();
        GroupReading reading = await ReadAsync(address, at);
        return reading.Program.Find(address.Key) is { } found
            ? KeyReports.Of(found, reading.Epoch, reading.Checkpoint)
            : null;
    }

    public async Task<JsonAnswer?> FindJsonAsync(string key, ReadAt at)
    {
        KeyAddress address = AddressOf(key);
        Type type = address.CheckView();
        if (await FindAsync(key, at) is not { } answer)
            return null;
        object? value = address.Job.Codecs.For(type).ReadObject(new ByteReader(answer.Value));
        return new JsonAnswer(JsonSerializer.Serialize(value, type, WeirJson.Options), answer.Validity);
    }

    public async Task<KeyReport?> InspectAsync(string key, ReadAt at)
    {
        KeyAddress address = AddressOf(key);
        GroupReading reading = await ReadAsync(address, at);
        return reading.Program.Inspect(address.Key) is { } inspection
            ? KeyReports.Of(reading.Program.OperatorName, reading.Epoch, inspection) with
            {
                Checkpoint = reading.Checkpoint,
            }
            : null;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        foreach (GroupReaders group in _groups.Values)
            group.Dispose();
        return Task.CompletedTask;
    }

    private Task<GroupReading> ReadAsync(KeyAddress address, ReadAt at)
    {
        HostedJob job = address.Job;
        if (!_groups.TryGetValue(address.Group, out GroupReaders? readers))
            _groups.Add(address.Group, readers = new GroupReaders(files));
        string participant = Participants.OfGroup(job.KeyPlan.OperatorNames[address.Operator], address.Group);
        return readers.ReadAsync(
            () => stored.FindPartAsync(job.Name, at, participant),
            partitions => job.PlanFor(partitions).CreateGroup(address.Operator, address.Group),
            job.Name);
    }

    private KeyAddress AddressOf(string key)
    {
        string[] parts = this.GetPrimaryKeyString().Split('/', 2);
        return parts.Length == 2
            ? KeyAddress.Of(jobs.Job(parts[0]), parts[1], key)
            : throw new WeirException(
                WeirError.InvalidRequest,
                $"'{this.GetPrimaryKeyString()}' does not address an operator: it must be job/operator.");
    }
}
