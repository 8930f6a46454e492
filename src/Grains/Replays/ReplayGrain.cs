namespace Weir.Grains.Replays;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Checkpoints;
using Weir.Grains.Hosting;
using Weir.Grains.Jobs;
using Weir.Grains.Logs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;

/// <summary>
/// One replay of a key, page by page. Invariant: a page is kept until the next one is asked for, so an answer that was
/// lost can be had again; what is not asked for any more goes with the activation.
/// </summary>
[GrainType("weirreplay")]
internal sealed class ReplayGrain(
    JobRegistry jobs, CheckpointShelf shelf, SegmentFiles files, IEventLog log) : Grain, IReplayGrain
{
    private const int StepsPerPage = 200;
    private const int BatchesPerPage = 2000;
    private KeyReplay? _replay;
    private IAsyncEnumerator<ReplayStep?>? _steps;
    private ReplayPage? _last;
    private int _page = -1;

    private string JobName => this.GetPrimaryKeyString().Split('/')[0];

    public Task OpenAsync(ReplayRequest request) => LogFailures.ToWeirAsync(async () =>
    {
        if (_replay is not null)
            return;
        HostedJob job = jobs.Job(JobName);
        IReadOnlyList<CompleteCheckpoint> kept = CheckpointRecord.Parse(
            await GrainFactory.GetGrain<IJobGrain>($"j:{JobName}").ReadCheckpointsAsync()).Retained;
        CompleteCheckpoint from = StartPlan.Find(request.From, JobName, kept);
        (StoredState state, Manifest? manifest) = await shelf.ReadAsync(from);
        if (manifest is null)
            throw new WeirException(
                state == StoredState.Unavailable ? WeirError.Unavailable : WeirError.Corrupt,
                $"The manifest of checkpoint {from.Number} of '{JobName}' can not be read.");
        _replay = await KeyReplay.OpenAsync(new ReplayContext(job, manifest, files, log), request);
        _steps = _replay.RunAsync().GetAsyncEnumerator();
    });

    public Task<ReplayPage> NextAsync(int page) => LogFailures.ToWeirAsync(async () =>
    {
        if (_last is not null && page == _page)
            return _last;
        if (_steps is null || page != _page + 1)
            throw new WeirException(
                WeirError.InvalidRequest, "The replay was interrupted by a failure or has ended: begin it again.");
        var steps = new List<ReplayStep>();
        bool isDone = false;
        for (int batches = 0; steps.Count < StepsPerPage && batches < BatchesPerPage && !isDone;)
        {
            isDone = !await _steps.MoveNextAsync();
            if (!isDone && _steps.Current is { } step)
                steps.Add(step);
            else
                batches++;
        }

        _page = page;
        return _last = new ReplayPage([.. steps], isDone);
    });

    public Task CloseAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_steps is not null)
            await _steps.DisposeAsync();
        _replay?.Dispose();
    }
}
