namespace Weir.Faults.Rounds;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Faults.Input;
using Weir.Faults.Jobs;
using Weir.Faults.Oracle;
using Weir.Faults.Probes;

/// <summary>How rounds with damaged files go on, and how all rounds end.</summary>
internal sealed partial class RoundRun
{
    /// <summary>What was accepted to be there twice of the job <c>mix</c>.</summary>
    private Leeway _leeway;

    /// <summary>What was accepted to be there twice in its files.</summary>
    private Leeway _leewayOfFiles;

    /// <summary>Says that checkpoints have been damaged, so that earlier ones may count.</summary>
    public void AllowFallBack()
    {
        foreach (StatusProbe probe in _probes)
            probe.MayFallBack = true;
    }

    /// <summary>What is stored was brought back from a copy.</summary>
    public void StartOver()
    {
        foreach (StatusProbe probe in _probes)
            probe.StartOver();
        _conservation.StartOver();
    }

    /// <summary>
    /// The silo runs on damaged checkpoints. A job may have to stop and say why, also more than once: because no
    /// checkpoint is left, and then it is started anew and replaces its output; or because some output would be there
    /// twice, which is accepted then. Answers it whenever it asks, until the round ends.
    /// </summary>
    public void GoOn() => _answering = Task.Run(async () =>
    {
        HashSet<(string, long)> answered = [];
        while (!_end.IsCancellationRequested)
        {
            try
            {
                foreach (StatusProbe probe in _probes)
                {
                    if (probe.Last is { State: JobState.Failed, Epoch: > 1, Failure: { } why } status
                        && !answered.Contains((status.Name, status.Epoch)))
                    {
                        await AnswerAsync(await ConnectAsync(), status, why);
                        answered.Add((status.Name, status.Epoch));
                    }
                }
            }
            catch (Exception fault) when (Down.Is(fault))
            {
                // The silo has just come up: it is asked again.
            }

            await Task.Delay(50, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    });

    /// <summary>
    /// What the jobs have published so far against the input that was sent or is about to be: nothing wrong, nothing
    /// twice, whatever is missing yet.
    /// </summary>
    /// <returns>One sentence each, and whether something could not be read because it is damaged.</returns>
    public async Task<(List<string> Problems, bool IsDamaged)> CheckSoFarAsync()
    {
        // What is published while this looks is then of events that it knows.
        Sender.IsPaused = true;
        await UntilAsync("the sender pauses", () => !Sender.IsSending);
        IWeirClient client = await ConnectAsync();
        bool isDamaged = false;
        foreach ((IFeed feed, _) in _plan.Feeds)
        {
            try
            {
                await feed.ReadAsync(client);
            }
            catch (WeirException damage) when (damage.Error == WeirError.Corrupt)
            {
                isDamaged = true;
            }
        }

        var oracle = new MixOracle(
            [.. _plan.Orders.PlannedEvents], [.. _plan.Payments.PlannedEvents], [.. _plan.Transfers.PlannedEvents]);
        List<string> problems = [];
        try
        {
            problems.AddRange(await oracle.CheckAsync(client, Leeway.Lacks));
        }
        catch (WeirException damage) when (damage.Error == WeirError.Corrupt)
        {
            isDamaged = true;
        }

        problems.AddRange(FileOracle.Check(
            Path.Combine(Data, MixJob.FileSinkName), [.. _plan.Transfers.PlannedEvents], Leeway.Lacks));
        Sender.IsPaused = false;
        return (problems, isDamaged);
    }

    /// <summary>Ends the input, waits until the jobs have finished, and compares everything.</summary>
    public async Task<List<string>> FinishAsync()
    {
        await ServesAsync(Silo);
        await EndDrivingAsync();
        _sender.Stop();
        await UntilAsync("all is sent", () => _sending.IsCompleted);
        await _sending;
        IWeirClient client = await ConnectAsync();
        foreach ((IFeed feed, _) in _plan.Feeds)
            await client.SealAsync(feed.Topic);
        await UntilAsync("the jobs finish", () => _probes.All(probe => probe.Last?.State == JobState.Finished));
        await _end.CancelAsync();
        await Task.WhenAll(_watching);
        List<string> problems = await CheckAsync(client);
        problems.AddRange(_probes.SelectMany(probe => probe.Problems));
        problems.AddRange(_conservation.Problems);
        if (!_setup.Jobs.Contains(MixJob.JobName))
            return problems;
        Note($"{_conservation.Checkpoints} checkpoints added up");
        var fencing = new FencingProbe(_connection!.Orleans);
        problems.AddRange(await fencing.AppendAsync(_probes[0].Last!.Lineage, epoch: 0, InputPlan.Partitions));
        if (fencing.Refused == 0)
            problems.Add("no append of an older epoch was refused");
        return problems;
    }

    private async Task EndDrivingAsync()
    {
        await _endOfDriving.CancelAsync();
        if (_driving.IsCompleted)
            return;
        await _driving.WaitAsync(Patience);
        await _driver.EndAsync();
        Note($"{_driver.Taken} savepoints, {_driver.Started} starts");
    }

    private async Task<List<string>> CheckAsync(IWeirClient client)
    {
        List<string> problems = [];
        foreach ((IFeed feed, _) in _plan.Feeds)
        {
            FeedContent content = await feed.ReadAsync(client);
            problems.AddRange(content.Problems);
            Events += content.Events;
        }

        Transfer[] transfers = [.. _plan.Transfers.Stored.Select(each => each.Value)];
        if (_setup.Jobs.Contains(MixJob.JobName))
        {
            problems.AddRange(await new MixOracle(
                [.. _plan.Orders.Stored.Select(each => each.Value)],
                [.. _plan.Payments.Stored.Select(each => each.Value)],
                transfers).CheckAsync(client, _leeway));
            problems.AddRange(FileOracle.Check(Path.Combine(Data, MixJob.FileSinkName), transfers, _leewayOfFiles));
        }

        if (_setup.Jobs.Contains(PartitionedJob.JobName))
            problems.AddRange(await new PartitionedOracle(_plan.Orders.Stored).CheckAsync(client));
        if (_setup.Jobs.Contains(RowsJob.JobName))
            problems.AddRange(await new RowsOracle(new RowsTarget(_spec.Rows!)).CheckAsync(transfers));
        return problems;
    }

    private async Task AnswerAsync(IWeirClient client, JobStatus status, string why)
    {
        bool isLost = why.Contains("checkpoints is intact", StringComparison.Ordinal);
        if (!isLost && (status.Name != MixJob.JobName || !why.Contains("is there twice", StringComparison.Ordinal)))
            throw new InvalidOperationException($"{status.Name} has failed: {why}");
        if (!isLost)
            _leeway |= Leeway.Repeats;
        _leewayOfFiles |= Leeway.Repeats;
        Note(isLost ? $"{status.Name} had no checkpoint left" : $"{status.Name} stopped and asked");
        await client.StartJobAsync(status.Name, isLost
            ? new StartOptions { Anew = true, Outputs = OutputChoice.Replace, OutputsOf = OutputOfSinks(status.Name) }
            : new StartOptions { AcceptDuplicates = true });
    }

    // What is in files can not be taken back.
    private static Dictionary<string, OutputChoice> OutputOfSinks(string job) =>
        job == MixJob.JobName ? new() { [MixJob.FileSinkName] = OutputChoice.Append } : [];
}
