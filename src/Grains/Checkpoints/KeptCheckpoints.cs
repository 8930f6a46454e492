namespace Weir.Grains.Checkpoints;

using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>The checkpoints of one job that its record names, and their manifests as far as they were read.</summary>
internal sealed class KeptCheckpoints(CheckpointShelf shelf)
{
    private readonly Dictionary<long, Manifest> _manifests = [];
    private readonly Dictionary<long, CheckpointDescription> _shown = [];

    /// <summary>A manifest was written; it took from its beginning until now.</summary>
    public void Add(Manifest manifest, EventTime now)
    {
        _manifests[manifest.Number] = manifest;
        _shown[manifest.Number] = Describe(manifest) with { Duration = now - manifest.TakenAt };
    }

    /// <summary>What was shown of checkpoints before this activation.</summary>
    public void Restore(IEnumerable<CheckpointDescription> shown)
    {
        foreach (CheckpointDescription each in shown)
            _shown.TryAdd(each.Number, each);
    }

    /// <summary>Reads a manifest, unless it is known.</summary>
    public async Task<(StoredState State, Manifest? Manifest)> ReadAsync(CompleteCheckpoint checkpoint)
    {
        if (_manifests.TryGetValue(checkpoint.Number, out Manifest? known) && known.Epoch == checkpoint.Epoch)
            return (StoredState.Intact, known);
        (StoredState state, Manifest? manifest) = await shelf.ReadAsync(checkpoint);
        if (manifest is not null)
        {
            _manifests[checkpoint.Number] = manifest;
            _shown.TryAdd(checkpoint.Number, Describe(manifest));
        }

        return (state, manifest);
    }

    /// <summary>All manifests that can be read.</summary>
    public async Task<IReadOnlyList<Manifest>> ReadAllAsync(IReadOnlyList<CompleteCheckpoint> checkpoints)
    {
        var manifests = new List<Manifest>();
        foreach (CompleteCheckpoint checkpoint in checkpoints)
        {
            if ((await ReadAsync(checkpoint)).Manifest is { } manifest)
                manifests.Add(manifest);
        }

        return manifests;
    }

    /// <summary>What is shown of a checkpoint that this activation has taken, or null.</summary>
    public CheckpointDescription? Completed(long checkpoint) =>
        _shown.GetValueOrDefault(checkpoint) is { Duration.Ticks: > 0 } shown ? shown : null;

    /// <summary>Their files are gone.</summary>
    public void Forget(IEnumerable<CompleteCheckpoint> checkpoints)
    {
        foreach (CompleteCheckpoint each in checkpoints)
        {
            _manifests.Remove(each.Number);
            _shown.Remove(each.Number);
        }
    }

    /// <summary>What a user sees of a checkpoint.</summary>
    public CheckpointDescription Describe(CompleteCheckpoint checkpoint) =>
        (_shown.GetValueOrDefault(checkpoint.Number) ?? new CheckpointDescription
        {
            Number = checkpoint.Number,
            Epoch = checkpoint.Epoch,
            Lineage = 0,
            TakenAt = checkpoint.TakenAt.ToDateTimeOffset(),
            Duration = TimeSpan.Zero,
            Bytes = 0,
            WrittenBytes = 0,
        }) with
        {
            Savepoint = checkpoint.Savepoint,
        };

    /// <summary>What a user sees of all that records name, newest first.</summary>
    public List<CheckpointDescription> Shown(params CheckpointRecord[] records) =>
    [
        .. records.SelectMany(record => record.Retained)
            .Select(Describe)
            .OrderByDescending(each => each.Number),
    ];

    private static CheckpointDescription Describe(Manifest manifest) => new()
    {
        Number = manifest.Number,
        Epoch = manifest.Epoch,
        Lineage = manifest.Lineage,
        Savepoint = manifest.Savepoint,
        TakenAt = manifest.TakenAt.ToDateTimeOffset(),
        Duration = TimeSpan.Zero,
        Bytes = manifest.Reports.Sum(report => report.References.Sum(part => part.Length)),
        WrittenBytes = manifest.Reports.Sum(report => report.BytesWritten),
    };
}
