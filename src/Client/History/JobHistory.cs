namespace Weir.Client.History;

using System.Runtime.CompilerServices;
using Weir.Client.Calls;
using Weir.Contracts.Jobs;

/// <summary>See <see cref="IJobHistory"/>.</summary>
internal sealed class JobHistory(WeirGrains grains, GrainCalls calls, string job) : IJobHistory
{
    private const int Chunk = 512 << 10;

    public async IAsyncEnumerable<VerifiedPart> VerifyAsync(
        string? from = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        IArchiveGrain archive = grains.Archive(job);
        string what = $"verify the job '{job}'";
        VerifyPlan plan = await calls.AskAsync(() => archive.PlanVerifyAsync(from), what, cancellation)
            .ConfigureAwait(false);
        foreach (VerifiedPart manifest in plan.Manifests)
            yield return manifest;
        foreach (UnverifiedPart part in plan.Open)
        {
            VerifyStep step = new(null, default);
            while (step.Verified is null)
            {
                ReadOnlyMemory<byte> cursor = step.Cursor;
                step = await calls.AskAsync(() => archive.VerifyAsync(part, cursor), what, cancellation)
                    .ConfigureAwait(false);
            }

            yield return step.Verified;
        }
    }

    public async Task<ExportPlan> ExportAsync(
        string checkpoint, Stream to, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        ArgumentNullException.ThrowIfNull(to);
        IArchiveGrain archive = grains.Archive(job);
        string what = $"export checkpoint '{checkpoint}' of the job '{job}'";
        ExportPlan plan = await calls.AskAsync(() => archive.PlanExportAsync(checkpoint), what, cancellation)
            .ConfigureAwait(false);
        for (long position = 0; position < plan.Length;)
        {
            long at = position;
            ReadOnlyMemory<byte> bytes = await calls.AskAsync(
                () => archive.ReadExportAsync(plan.Checkpoint, at, Chunk), what, cancellation).ConfigureAwait(false);
            await to.WriteAsync(bytes, cancellation).ConfigureAwait(false);
            position += bytes.Length;
        }

        return plan;
    }

    public async Task<CheckpointDescription> ImportAsync(
        Stream from, ImportOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        IArchiveGrain archive = grains.Archive(job);
        string what = $"import a savepoint of the job '{job}'";
        Guid import = await calls.AskAsync(
            () => archive.BeginImportAsync(options ?? ImportOptions.Default), what, cancellation).ConfigureAwait(false);
        long position = 0;
        while (true)
        {
            // A call may be on its way when the next piece is read, so each has bytes of its own.
            var bytes = new byte[Chunk];
            int count = await from.ReadAtLeastAsync(bytes, Chunk, throwOnEndOfStream: false, cancellation)
                .ConfigureAwait(false);
            if (count > 0)
            {
                long at = position;
                await calls.AskAsync(
                    () => archive.WriteImportAsync(import, at, bytes.AsMemory(0, count)), what, cancellation)
                    .ConfigureAwait(false);
                position += count;
            }

            if (count < Chunk)
                break;
        }

        return await calls.AskAsync(() => archive.FinishImportAsync(import), what, cancellation).ConfigureAwait(false);
    }

    public Task<JobStatus> ForkAsync(ForkOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return GrainCalls.AskOnceAsync(
            () => grains.Job(job).ForkAsync(options), $"fork the job '{job}'", cancellation);
    }

    public Task RemoveForkAsync(string name, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string full = name.StartsWith(job + ".", StringComparison.Ordinal) ? name : $"{job}.{name}";
        return calls.AskAsync(() => grains.Job(job).RemoveForkAsync(full), $"remove the fork '{full}'", cancellation);
    }

    public async IAsyncEnumerable<ReplayStep> ReplayAsync(
        ReplayRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        IReplayGrain replay = grains.Replay(job, Guid.NewGuid().ToString("N"));
        string what = $"replay the key '{request.Key}' of the job '{job}'";
        await calls.AskAsync(() => replay.OpenAsync(request), what, cancellation).ConfigureAwait(false);
        try
        {
            ReplayPage page;
            int number = 0;
            do
            {
                int asked = number++;
                page = await calls.AskAsync(() => replay.NextAsync(asked), what, cancellation).ConfigureAwait(false);
                foreach (ReplayStep step in page.Steps)
                    yield return step;
            }
            while (!page.IsDone);
        }
        finally
        {
            replay.CloseAsync().Ignore();
        }
    }
}
