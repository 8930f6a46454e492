namespace Weir.Grains.Jobs;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>
/// Second jobs with the same graph. Invariant: what a fork began with is pinned in the record of the first job before
/// the fork's own record refers to it, and let go only after the fork is gone; a fork writes no topic of the first job.
/// </summary>
internal sealed partial class JobGrain
{
    public Task<JobStatus> ForkAsync(ForkOptions options) => ChangeAsync(async () =>
    {
        HostedJob job = Hosted();
        string name = $"{JobName}.{options.Name}";
        await CheckForkAsync(job, options, name);
        CompleteCheckpoint from = StartPlan.Find(options.From, JobName, [.. StartPlan.All(record.State)]);
        byte[] pin = new CheckpointRecord { Retained = [from] }.ToArray();
        try
        {
            await ChangeRecordAsync(stored => stored.ForkPins[name] = pin);
            return await GrainFactory.GetGrain<IJobGrain>($"j:{name}").BeginAsForkAsync(JobName, pin);
        }
        catch (WeirException refused) when (refused.Error != WeirError.Unavailable)
        {
            await ChangeRecordAsync(stored => stored.ForkPins.Remove(name));
            throw;
        }
    });

    public Task<string[]> ListForksAsync() =>
        Task.FromResult<string[]>([.. record.State.ForkPins.Keys.Order(StringComparer.Ordinal)]);

    public Task RemoveForkAsync(string fork) => ChangeAsync(async () =>
    {
        Hosted();
        if (!record.State.ForkPins.ContainsKey(fork))
            throw new WeirException(
                WeirError.UnknownJob,
                $"The job '{JobName}' has no fork '{fork}'; it has: "
                + (record.State.ForkPins.Count == 0 ? "none." : $"{string.Join(", ", record.State.ForkPins.Keys)}."));
        await GrainFactory.GetGrain<IJobGrain>($"j:{fork}").EndAsForkAsync();
        await ChangeRecordAsync(stored => stored.ForkPins.Remove(fork));
        return true;
    });

    public Task<JobStatus> BeginAsForkAsync(string job, ReadOnlyMemory<byte> checkpoint) => ChangeAsync(async () =>
    {
        HostedJob hosted = jobs.Job(JobName);
        if (record.State.ForkOf is null)
            await BecomeForkAsync(hosted, job, CheckpointRecord.Parse(checkpoint).Latest!);
        if (!IsRunning)
            await BeginAsync(hosted, await topics.EnsureAsync(hosted.Graph));
        return await DescribeAsync();
    });

    public Task EndAsForkAsync() => ChangeAsync(async () =>
    {
        if (record.State.ForkOf is null)
            return true;
        HostedJob job = Hosted();
        if (_host is { } host)
        {
            await host.StopAsync();
            await host.ReleaseAsync();
        }

        EndHost();
        await topics.ReleaseAsync(JobName);
        string[] own = [.. job.Graph.Outputs.Select(topic => job.OwnTopic(topic.Name)).Concat(record.State.Forks.Values)];
        await topics.DeleteAsync(own.Distinct());
        if (job.Graph.Commands is { } commands)
            await topics.DeleteAsync([commands.Name]);
        await shelf.RemoveOrphansAsync(JobName, long.MaxValue, []);

        // Epochs and lineages of the name go on: whoever has seen an answer of it takes no older one for newer.
        CheckpointRecord last = CheckpointRecord.Parse(record.State.Checkpoints);
        record.State = new JobRecord
        {
            Checkpoints = new CheckpointRecord { Epoch = last.Epoch, Lineage = last.Lineage }.ToArray(),
        };
        await record.WriteStateAsync();
        return true;
    });

    /// <summary>The job, if it is hosted here and, for the name of a fork, if there is one.</summary>
    /// <exception cref="WeirException">There is none.</exception>
    private HostedJob Hosted()
    {
        HostedJob job = jobs.Job(JobName);
        return job.ForkOf is null || record.State.ForkOf is not null
            ? job
            : throw new WeirException(
                WeirError.UnknownJob, $"There is no job '{JobName}': '{job.ForkOf}' has no such fork.");
    }

    /// <summary>A silo that looks after a job looks after its forks.</summary>
    private void EnsureForks()
    {
        foreach (string fork in record.State.ForkPins.Keys)
            GrainFactory.GetGrain<IJobGrain>($"j:{fork}").EnsureAsync().Ignore();
    }

    private async Task CheckForkAsync(HostedJob job, ForkOptions options, string name)
    {
        if (options.Name.Length is < 1 or > 60
            || !options.Name.All(each =>
                char.IsAsciiLetterLower(each) || char.IsAsciiDigit(each) || each is '_' or '-'))
            throw new WeirException(
                WeirError.InvalidRequest,
                $"'{options.Name}' can not name a fork: use 1 to 60 lower-case letters, digits, '_' and '-'.");
        if (job.ForkOf is { } first)
            throw new WeirException(
                WeirError.InvalidRequest, $"'{JobName}' is a fork itself: fork '{first}', or stop it and start it anew.");
        if (job.Graph.Sinks.Count > 0)
            throw new WeirException(
                WeirError.InvalidRequest,
                $"The job '{JobName}' writes to {string.Join(", ", job.Graph.Sinks.Select(sink => $"'{sink.Name}'"))}, and "
                + "a fork would write there too: only jobs that write to topics alone can be forked.");
        if (jobs.Job(name).ForkOf != JobName)
            throw new WeirException(WeirError.InvalidRequest, $"There is a job '{name}': choose another name.");
        if (record.State.ForkPins.ContainsKey(name))
            throw new WeirException(
                WeirError.InvalidRequest, $"There is a fork '{name}': remove it, or choose another name.");
        foreach (string topic in job.Graph.Outputs.Select(each => jobs.Job(name).OwnTopic(each.Name)))
        {
            if (await topics.ExistsAsync(topic))
                throw new WeirException(
                    WeirError.TopicConflict, $"There is a topic '{topic}' that the fork would write: choose another name.");
        }
    }

    private async Task BecomeForkAsync(HostedJob hosted, string job, CompleteCheckpoint from)
    {
        (StoredState state, Manifest? origin) = await shelf.ReadAsync(from);
        if (origin is null)
            throw new WeirException(
                state == StoredState.Unavailable ? WeirError.Unavailable : WeirError.Corrupt,
                $"The manifest of checkpoint {from.Number} of '{job}' can not be read.");
        if (RestoreRules.Refusal(hosted, origin, leavesOutState: false) is { } refusal)
            throw new WeirException(WeirError.IncompatibleState, refusal);
        CheckpointRecord before = CheckpointRecord.Parse(record.State.Checkpoints);
        long lineage = before.Lineage + 1;

        // What the first job holds back it publishes itself; commands to its keys are none to the keys of the fork.
        Manifest own = CommandsElsewhere.Without(SavepointFile.WithChains(origin, part => part), hosted.Graph) with
        {
            Job = JobName,
            Epoch = 0,
            Lineage = lineage,
            Fingerprint = hosted.Graph.Fingerprint,
            Savepoint = null,
        };
        await topics.PinAsync(JobName, [own]);
        CompleteCheckpoint first = await shelf.WriteAsync(own);
        await topics.EnsureAsync(hosted.Graph);
        await topics.ReachCommandsAsync(hosted.Graph, CommandsElsewhere.NextOf(origin, hosted.Graph));
        record.State.Forks =
            hosted.Graph.Outputs.ToDictionary(topic => topic.Name, topic => hosted.OwnTopic(topic.Name));
        await topics.EnsureForksAsync(record.State.Forks);
        record.State.ForkOf = job;
        record.State.Checkpoints = new CheckpointRecord
        {
            Epoch = before.Epoch,
            Lineage = lineage,
            Retained = [first],
        }.ToArray();
        record.State.Fingerprint = hosted.Graph.Fingerprint;
        record.State.Version = hosted.Graph.Version;
        record.State.ShouldRun = true;
        record.State.State = JobState.Starting;
        await record.WriteStateAsync();
    }
}
