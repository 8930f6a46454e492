namespace Weir.Grains.Checkpoints;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Grains.Jobs;
using Weir.Grains.Logs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;

/// <summary>Checkpoints as files, out of the store and into it.</summary>
internal sealed partial class ArchiveGrain
{
    private const int MaxChunk = 1 << 20;
    private const int MaxImports = 4;
    private readonly List<SavepointImport> _imports = [];
    private SavepointImage? _image;

    public async Task<ExportPlan> PlanExportAsync(string checkpoint)
    {
        CompleteCheckpoint found = StartPlan.Find(checkpoint, JobName, await ReadKeptAsync());
        Manifest manifest = await ReadManifestAsync(found);
        StoredState state = await Task.Run(() => shelf.CompareAsync(manifest, CancellationToken.None));
        if (state != StoredState.Intact)
            throw Unreadable(found, state);
        _image = new SavepointImage(manifest);
        return new ExportPlan(found.Number, found.Savepoint, _image.Length);
    }

    public async Task<ReadOnlyMemory<byte>> ReadExportAsync(long checkpoint, long position, int limit)
    {
        if (limit is < 1 or > MaxChunk || position < 0)
            throw new WeirException(
                WeirError.InvalidRequest, $"A piece has 1 to {MaxChunk} bytes, not {limit} at {position}.");
        if (_image?.Checkpoint != checkpoint)
        {
            string number = FormattableString.Invariant($"{checkpoint}");
            CompleteCheckpoint found = (await ReadKeptAsync()).FirstOrDefault(each => each.Number == checkpoint)
                ?? StartPlan.Find(number, JobName, await ReadKeptAsync());
            _image = new SavepointImage(await ReadManifestAsync(found));
        }

        try
        {
            return await _image.ReadAsync(store, position, limit);
        }
        catch (Exception fault) when (fault is CheckpointStoreException or CorruptDataException)
        {
            throw new WeirException(
                WeirError.Corrupt, $"Checkpoint {checkpoint} of '{JobName}' can not be read: {fault.Message}");
        }
    }

    public Task<Guid> BeginImportAsync(ImportOptions options)
    {
        var import = new SavepointImport(
            new ImportContext(jobs.Job(JobName), Owner, store, shelf, log, topics), options);
        _imports.Add(import);
        if (_imports.Count > MaxImports)
            _imports.RemoveAt(0);
        return Task.FromResult(import.Id);
    }

    public Task WriteImportAsync(Guid import, long position, ReadOnlyMemory<byte> bytes) =>
        ImportAsync(import, async found =>
        {
            await found.AddAsync(position, bytes);
            return true;
        });

    public Task<CheckpointDescription> FinishImportAsync(Guid import) =>
        ImportAsync(import, found => found.FinishAsync());

    private async Task<T> ImportAsync<T>(Guid id, Func<SavepointImport, Task<T>> step)
    {
        SavepointImport import = _imports.Find(each => each.Id == id) ?? throw new WeirException(
            WeirError.InvalidRequest, "The import was interrupted by a failure or by other imports: begin it again.");
        try
        {
            return await step(import);
        }
        catch (CorruptDataException fault)
        {
            _imports.Remove(import);
            throw new WeirException(WeirError.Corrupt, $"The file can not be imported: {fault.Message}.");
        }
        catch (CheckpointStoreException fault)
        {
            throw new WeirException(
                fault.Error == CheckpointStoreError.Full ? WeirError.StorageFull : WeirError.InvalidRequest,
                $"The import failed, begin it again: {fault.Message}");
        }
        catch (EventLogException fault) when (LogFailures.Translate(fault) is { } translated)
        {
            throw translated;
        }
    }

    private async Task<Manifest> ReadManifestAsync(CompleteCheckpoint checkpoint)
    {
        (StoredState state, Manifest? manifest) = await shelf.ReadAsync(checkpoint);
        return manifest ?? throw Unreadable(checkpoint, state);
    }

    private WeirException Unreadable(CompleteCheckpoint checkpoint, StoredState state) => new(
        state == StoredState.Unavailable ? WeirError.Unavailable : WeirError.Corrupt,
        $"Checkpoint {checkpoint.Number} of '{JobName}' is "
        + (state == StoredState.Unavailable ? "not readable at the moment: try again." : "damaged: verify the job."));
}
