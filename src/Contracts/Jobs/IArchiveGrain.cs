namespace Weir.Contracts.Jobs;

/// <summary>
/// What is stored of a job's past: its checkpoints and savepoints and the input between them. Nothing here changes a
/// checkpoint. Its grain key is the job's name after <c>a:</c>. All failures are <see cref="WeirException"/>s.
/// </summary>
[Alias("Weir.IArchiveGrain")]
public interface IArchiveGrain : IGrainWithStringKey
{
    /// <summary>Verifies the manifests of all kept checkpoints and says what else there is to verify.</summary>
    /// <param name="from">The oldest checkpoint, by number or name; null: all.</param>
    [Alias("PlanVerify")]
    [ResponseTimeout("00:00:30")]
    Task<VerifyPlan> PlanVerifyAsync(string? from);

    /// <summary>Verifies the next piece of a part: at most a few megabytes, or one segment if that is larger.</summary>
    /// <param name="part">The part.</param>
    /// <param name="cursor">Empty to begin, then <see cref="VerifyStep.Cursor"/>.</param>
    [Alias("Verify")]
    [ResponseTimeout("00:10:00")]
    Task<VerifyStep> VerifyAsync(UnverifiedPart part, ReadOnlyMemory<byte> cursor);

    /// <summary>Verifies a checkpoint and says how long it is as one file.</summary>
    /// <param name="checkpoint">A checkpoint's number or a savepoint's name.</param>
    [Alias("PlanExport")]
    [ResponseTimeout("00:10:00")]
    Task<ExportPlan> PlanExportAsync(string checkpoint);

    /// <summary>Bytes of the file of a checkpoint: 1 to <paramref name="limit"/>, and none at its end.</summary>
    /// <param name="checkpoint">Its number.</param>
    /// <param name="position">The first byte.</param>
    /// <param name="limit">1 to 1 048 576.</param>
    [Alias("ReadExport")]
    [ResponseTimeout("00:00:30")]
    Task<ReadOnlyMemory<byte>> ReadExportAsync(long checkpoint, long position, int limit);

    /// <summary>Begins to bring a savepoint in.</summary>
    /// <returns>What the further calls name.</returns>
    [Alias("BeginImport")]
    [ResponseTimeout("00:00:30")]
    Task<Guid> BeginImportAsync(ImportOptions options);

    /// <summary>
    /// Takes bytes of the file; they go on where the ones before ended. Bytes that were taken before are passed over.
    /// </summary>
    [Alias("WriteImport")]
    [ResponseTimeout("00:05:00")]
    Task WriteImportAsync(Guid import, long position, ReadOnlyMemory<byte> bytes);

    /// <summary>All bytes were given: the savepoint becomes one of the job's.</summary>
    [Alias("FinishImport")]
    [ResponseTimeout("00:05:00")]
    Task<CheckpointDescription> FinishImportAsync(Guid import);
}
