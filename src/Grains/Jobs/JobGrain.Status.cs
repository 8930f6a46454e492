namespace Weir.Grains.Jobs;

using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>How a job is.</summary>
internal sealed partial class JobGrain
{
    public async Task<JobStatus> DescribeAsync()
    {
        HostedJob job = Hosted();
        var kept = CheckpointRecord.Parse(record.State.Checkpoints);
        JobProtocol? protocol = _host?.Protocol;
        JobState state = StateOf(protocol?.Phase) ?? (_host is null && record.State.ShouldRun
            ? JobState.Starting
            : record.State.State);
        var status = new JobStatus
        {
            Name = JobName,
            State = state,
            Epoch = Math.Max(kept.Epoch, protocol?.Epoch ?? 0),
            Lineage = kept.Lineage,
            Fingerprint = job.Graph.Fingerprint,
            Failure = record.State.Failure
                ?? (state is JobState.Starting or JobState.Restarting ? protocol?.LastFailure : null),
            Restarts = _host?.Restarts ?? 0,
            Views = [.. Enumerable.Range(0, job.KeyPlan.OperatorNames.Count)
                .Select(index => job.KeyPlan.ViewOf(index)?.Name)
                .OfType<string>()],
            Outputs = [.. job.Graph.Outputs.Select(
                topic => record.State.Forks.GetValueOrDefault(topic.Name, job.OwnTopic(topic.Name)))],
            ForkOf = record.State.ForkOf,
            Checkpoints = new CheckpointStatus
            {
                Last = kept.Latest is { } latest ? Kept().Describe(latest) : null,
                Failed = protocol?.CheckpointFailuresInARow ?? 0,
                Problem = _host?.Explain(),
                IsCurrent = protocol?.IsCurrent == true,
            },
        };
        if (_host?.Run is not { } run)
            return status;
        SourceStatus[] sources = await run.DescribeSourcesAsync();
        bool isCurrent = status.Checkpoints.IsCurrent && !Array.Exists(sources, source => source.HasChanged);
        return status with
        {
            Sources = sources,
            Operators = await run.DescribeOperatorsAsync(),
            Checkpoints = status.Checkpoints with { IsCurrent = isCurrent },
        };
    }

    private static JobState? StateOf(JobPhase? phase) => phase switch
    {
        JobPhase.Reading or JobPhase.Claiming or JobPhase.Loading or JobPhase.Opening => JobState.Starting,
        JobPhase.Running or JobPhase.Finishing => JobState.Running,
        JobPhase.Waiting => JobState.Restarting,
        _ => null,
    };
}
