namespace Weir.Simulation.World;

using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>
/// The storage of a job's record: compare-and-set, whose answers can be lost while the write takes place before, later
/// or never. Checks what every record promises.
/// </summary>
public sealed class SimRecord(SimWorld world, SimStore store)
{
    private byte[] _bytes = [];
    private long _version;
    private int _powerFailures;

    public CheckpointRecord Current { get; private set; } = CheckpointRecord.Empty;

    /// <summary>Called when a record has been stored: what was, and what is.</summary>
    public Action<CheckpointRecord, CheckpointRecord>? Stored { get; set; }

    /// <summary>Writes that have not arrived never will.</summary>
    public void FailPower() => _powerFailures++;

    public void Read(Action<CheckpointRecord?, long> answer)
    {
        bool fails = world.Fault(world.Faults.RecordUnreadable, "record unreadable");
        world.After(world.Delay(), () =>
        {
            CheckpointRecord? read = fails ? null : CheckpointRecord.Parse(_bytes);
            long version = _version;
            world.After(world.Delay(), () => answer(read, version));
        });
    }

    public void Write(CheckpointRecord record, long version, Action<RecordOutcome, long> answer)
    {
        bool isLost = world.Fault(world.Faults.RecordAnswerLost, "record's answer lost");
        if (isLost)
        {
            world.After(world.Delay(30), () => answer(RecordOutcome.Unknown, version));
            if (world.Chance.Happens(0.4))
                return;
        }

        int failures = _powerFailures;
        long delay = isLost && world.Chance.Happens(0.5) ? world.Chance.Between(10, 200) : world.Delay();
        world.After(delay, () =>
        {
            if (failures != _powerFailures)
                return;
            RecordOutcome outcome = Apply(record, version);
            long now = _version;
            if (!isLost)
                world.After(world.Delay(), () => answer(outcome, now));
        });
    }

    /// <summary>The manifests that the record keeps, read; damaged ones are left out.</summary>
    public IEnumerable<Manifest> Manifests() => Current.Retained.Select(ReadManifest).OfType<Manifest>();

    public Manifest? ReadManifest(CompleteCheckpoint checkpoint) =>
        store.Read(checkpoint.File) is { } bytes && checkpoint.Matches(bytes) ? ManifestCodec.Decode(bytes) : null;

    private RecordOutcome Apply(CheckpointRecord record, long version)
    {
        if (version != _version)
        {
            world.Count("record conflict");
            return RecordOutcome.Conflict;
        }

        CheckpointRecord before = Current;
        world.Require(record.Epoch >= before.Epoch, $"epoch {record.Epoch} follows {before.Epoch} in the record");
        world.Require(
            record.Epoch > before.Epoch || record.Writer == before.Writer,
            $"two coordinators write epoch {record.Epoch}");
        _bytes = record.ToArray();
        Current = CheckpointRecord.Parse(_bytes);
        _version++;
        if (world.Traces)
            world.Trace(
                $"record: epoch {record.Epoch} of {record.Writer}, complete "
                + string.Join(' ', record.Retained.Select(each => $"{each.Epoch}:{each.Number}")));
        Stored?.Invoke(before, Current);
        return RecordOutcome.Stored;
    }
}
