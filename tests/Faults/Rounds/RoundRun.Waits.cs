namespace Weir.Faults.Rounds;

using System.Diagnostics;
using System.Globalization;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Faults.Probes;
using Weir.Faults.Silos;

/// <summary>What rounds wait for.</summary>
internal sealed partial class RoundRun
{
    /// <summary>Far more than anything takes, also on a machine that is busy with something else.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Waits until the silo has died at its trap.</summary>
    public Task FallAsync() => FallAsync(Silo);

    /// <summary>Waits until a silo has died at its trap.</summary>
    public async Task FallAsync(SiloProcess silo)
    {
        await silo.Died.WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!silo.FellIntoTrap)
            throw new FaultDidNotHappenException(silo.IsAlive
                ? $"the silo did not come to {silo.Spec.Trap} within {Patience.TotalSeconds} s"
                : $"the silo ended before it came to {silo.Spec.Trap}; see {silo.Spec.Name}.log");
        Note($"killed at {silo.Spec.Trap}");
    }

    /// <summary>Waits until a silo serves.</summary>
    public static async Task ServesAsync(SiloProcess silo)
    {
        if (!await silo.Ready.WaitAsync(Patience))
            throw new InvalidOperationException($"A silo ended before it served; see {silo.Spec.Name}.log.");
    }

    /// <summary>Waits until the jobs run and have read some of what is sent.</summary>
    public Task RunningAsync() => UntilAsync(
        "the jobs run", () => _probes.All(probe => probe.Last is { State: JobState.Running } status
            && status.Sources.Length > 0 && status.Operators.All(each => each.Events > 0)));

    /// <summary>Waits until the silo serves again and the jobs read on; what was wrong before is over.</summary>
    public async Task RecoveredAsync()
    {
        await ServesAsync(Silo);
        await SendsAsync(5);
        long[] read = [.. _probes.Select(ReadBy)];
        await UntilAsync("the jobs read on", () => _probes.Select((probe, index) =>
            probe.Last is { State: JobState.Running } && ReadBy(probe) != read[index]).All(each => each));
        await CheckpointsAsync(1);
    }

    /// <summary>Waits until so many more steps of the input have been sent.</summary>
    public Task SendsAsync(int steps)
    {
        int until = Sender.Steps + steps;
        return UntilAsync("the sender goes on", () => Sender.Steps > until);
    }

    /// <summary>Waits until the jobs have read everything that was sent.</summary>
    public Task IdleAsync() => UntilAsync("the jobs have read all", () => _probes.All(probe =>
        probe.Last is { State: JobState.Running } status && status.Sources.Length > 0
        && status.Sources.All(source => source.Next == source.End)));

    /// <summary>Waits until the last checkpoints of the jobs hold all that they have read.</summary>
    public Task StoredAsync() => UntilAsync(
        "all is in a checkpoint", () => _probes.All(probe => probe.Last is { Checkpoints.IsCurrent: true }));

    /// <summary>Waits until the jobs have so many more complete checkpoints.</summary>
    public Task CheckpointsAsync(int more)
    {
        long[] numbers = [.. _probes.Select(probe => probe.Checkpoint + more)];
        return UntilAsync(
            $"{more} more checkpoints",
            () => _probes.Select((probe, index) => probe.Checkpoint >= numbers[index]).All(each => each));
    }

    /// <summary>Waits until the jobs have begun a new epoch.</summary>
    public Task NewEpochsAsync(IReadOnlyList<long> than) => UntilAsync(
        "the jobs restart", () => _probes.Select((probe, index) => probe.Epoch > than[index]).All(each => each));

    /// <summary>Waits until the silo has counted something.</summary>
    /// <returns>How much.</returns>
    public async Task<int> CountedAsync(string question, int atLeast)
    {
        int count = 0;
        await UntilAsync($"{question} is {atLeast}", async () =>
            (count = int.Parse(await Silo.CommandAsync(question), CultureInfo.InvariantCulture)) >= atLeast);
        return count;
    }

    public Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    /// <summary>Waits for a condition while the silo lives.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var time = Stopwatch.StartNew();
        while (!await condition())
        {
            foreach (Task background in (Task[])[_sending, _answering])
            {
                if (background.IsFaulted)
                    await background;
            }

            if (!Silo.IsAlive)
                throw new InvalidOperationException($"The silo ended by itself before: {what}.");
            if (time.Elapsed > Patience)
                throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}. {Describe()}");
            await Task.Delay(20);
        }
    }

    /// <summary>The client of the round.</summary>
    public Task<IWeirClient> ClientAsync() => ConnectAsync();

    /// <summary>The Orleans client of the round.</summary>
    public async Task<IClusterClient> OrleansAsync()
    {
        await ConnectAsync();
        return _connection!.Orleans;
    }

    private static long ReadBy(StatusProbe probe) => probe.Last?.Sources.Sum(source => source.Next) ?? 0;

    private string Describe() => string.Join("; ", _probes.Select(probe =>
        $"{probe.Last?.Name} is {probe.Last?.State}, epoch {probe.Last?.Epoch}, {probe.Last?.Failure}"));
}
