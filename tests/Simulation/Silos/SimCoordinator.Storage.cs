namespace Weir.Simulation.Silos;

using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>What it does at the record and the store.</summary>
public sealed partial class SimCoordinator
{
    private readonly Queue<JobAction> _recordActions = new();
    private long _version;

    /// <summary>What concerns the record is done one after another.</summary>
    private void DoAtRecord()
    {
        if (_recordActions.Peek() is JobAction.WriteRecord write)
        {
            _cluster.Record.Write(write.Record, _version, (outcome, version) => Next(() =>
            {
                if (outcome == RecordOutcome.Stored)
                    _version = version;
                _protocol.OnRecordWritten(write.Record, outcome, Now);
            }));
        }
        else
        {
            _cluster.Record.Read((record, version) => Next(() => OnRead(record, version)));
        }

        void Next(Action answer)
        {
            if (!IsAlive)
                return;
            Tell(answer);
            _recordActions.Dequeue();
            if (_recordActions.Count > 0)
                DoAtRecord();
        }
    }

    private void OnRead(CheckpointRecord? record, long version)
    {
        if (record is null)
        {
            _protocol.OnRecordUnavailable("it did not answer", Now);
            return;
        }

        _version = version;
        _protocol.OnRecordRead(record, Now);
    }

    private void ReadManifest(CompleteCheckpoint checkpoint)
    {
        if (_cluster.Store.IsUnreadable())
        {
            _protocol.OnManifestRead(checkpoint, StoredState.Unavailable, null, Now);
            return;
        }

        Manifest? manifest = _cluster.Record.ReadManifest(checkpoint);
        _protocol.OnManifestRead(
            checkpoint, manifest is null ? StoredState.Damaged : StoredState.Intact, manifest, Now);
    }

    private StoredState Lengths(Manifest manifest) =>
        _cluster.Store.IsUnreadable() ? StoredState.Unavailable
        : manifest.Lengths.All(file => _cluster.Store.Read(file.Key)?.Length >= file.Value) ? StoredState.Intact
        : StoredState.Damaged;

    private StoredState Contents(Manifest manifest) =>
        _cluster.Store.IsUnreadable() ? StoredState.Unavailable
        : manifest.Reports.SelectMany(report => report.References).All(part => _cluster.Store.Read(part) is not null)
            ? StoredState.Intact
            : StoredState.Damaged;

    private void WriteManifest(Manifest manifest)
    {
        byte[] bytes = ManifestCodec.Encode(manifest);
        string name = CheckpointNames.ManifestOf(manifest.Job, manifest.Epoch, manifest.Number, _cluster.NextToken());
        var checkpoint = new CompleteCheckpoint(
            manifest.Number, manifest.Epoch, name, Checksum.Of(bytes), manifest.TakenAt, manifest.Savepoint);
        _cluster.Store.Write(name, bytes, isStored => Tell(() =>
        {
            if (isStored)
                _protocol.OnManifestWritten(checkpoint);
            else
                _protocol.OnManifestFailed(manifest.Epoch, manifest.Number, "the manifest could not be stored", Now);
        }));
    }

    private void Remove(IReadOnlyList<string> files)
    {
        // A coordinator that is gone removes nothing more; one that only stalls may come late.
        if (!Silo.IsUp || Silo.Incarnation != _incarnation)
            return;
        foreach (string file in files)
            _cluster.Store.Remove(file);
    }
}
