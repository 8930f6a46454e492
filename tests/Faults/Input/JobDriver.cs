namespace Weir.Faults.Input;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Faults.Probes;

/// <summary>
/// Takes savepoints of jobs and deletes them, and stops jobs and starts them, again and again, whatever happens to the
/// silo. In the end all jobs run.
/// </summary>
internal sealed class JobDriver(Func<Task<IWeirClient>> connect, IReadOnlyList<string> jobs)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly Queue<(string Job, string Name)> _savepoints = new();
    private int _next;

    /// <summary>Savepoints that were taken.</summary>
    public int Taken { get; private set; }

    /// <summary>Starts of stopped jobs.</summary>
    public int Started { get; private set; }

    public async Task RunAsync(bool stops, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                IWeirClient client = await connect();
                if (stops)
                    await StopAndStartAsync(client);
                else
                    await SavepointAsync(client);
            }
            catch (Exception fault) when (Down.Is(fault))
            {
                // The next round of this loop puts right what was left half done.
            }

            await Task.Delay(Pause, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Starts the jobs that were left stopped.</summary>
    public async Task EndAsync()
    {
        IWeirClient client = await connect();
        foreach (string job in jobs)
            await client.StartJobAsync(job);
    }

    private async Task SavepointAsync(IWeirClient client)
    {
        (string Job, string Name) next = (jobs[_next % jobs.Count], $"s{_next++}");
        await client.TakeSavepointAsync(next.Job, next.Name);
        Taken++;
        _savepoints.Enqueue(next);
        if (_savepoints.Count > 2)
        {
            (string job, string name) = _savepoints.Dequeue();
            await client.DeleteSavepointAsync(job, name);
        }
    }

    private async Task StopAndStartAsync(IWeirClient client)
    {
        string job = jobs[_next % jobs.Count];
        int number = _next++;
        await client.StopJobAsync(job, new StopOptions { Savepoint = number % 2 == 0 ? $"stop{number}" : null });
        foreach (string each in jobs)
            await client.StartJobAsync(each);
        Started++;
    }
}
