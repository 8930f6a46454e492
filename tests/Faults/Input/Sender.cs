namespace Weir.Faults.Input;

using Weir.Client;
using Weir.Faults.Probes;

/// <summary>
/// Creates the topics, starts the jobs, and sends until it is told to stop, through whatever happens to the silo: a
/// producer that fails is replaced by one of the same name, which goes on behind what is stored.
/// </summary>
internal sealed class Sender(InputPlan plan, Func<Task<IWeirClient>> connect, IReadOnlyList<string> jobs)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private volatile bool _isStopped;
    private volatile bool _isPaused;
    private volatile bool _isSending;
    private int _steps;

    /// <summary>How often a producer had to be replaced.</summary>
    public int Replaced { get; private set; }

    /// <summary>Steps of 100 ms of event time that have been sent.</summary>
    public int Steps => Volatile.Read(ref _steps);

    /// <summary>Whether it is in the middle of a step.</summary>
    public bool IsSending => _isSending;

    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    /// <summary>Sends no further events; <see cref="RunAsync"/> completes when those that were are stored.</summary>
    public void Stop() => _isStopped = true;

    public async Task RunAsync(CancellationToken cancellation)
    {
        bool isFirst = true;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                IWeirClient client = await connect();
                if (isFirst)
                    await BeginAsync(client);
                isFirst = false;
                foreach ((IFeed feed, _) in plan.Feeds)
                    await feed.ConnectAsync(client);
                await SendAsync(cancellation);
                return;
            }
            catch (Exception fault) when (Down.Is(fault) && !cancellation.IsCancellationRequested)
            {
                _isSending = false;
                Replaced++;
                await Task.Delay(Step, cancellation);
            }
        }
    }

    private async Task BeginAsync(IWeirClient client)
    {
        foreach ((IFeed feed, _) in plan.Feeds)
            await feed.CreateAsync(client);
        foreach (string job in jobs)
            await client.StartJobAsync(job);
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Step);
        while (!_isStopped)
        {
            _isSending = true;
            if (!IsPaused)
            {
                int steps = Interlocked.Increment(ref _steps);
                foreach ((IFeed feed, int rate) in plan.Feeds)
                    await feed.SendAsync(steps * rate);
            }

            _isSending = false;
            await timer.WaitForNextTickAsync(cancellation);
        }

        foreach ((IFeed feed, _) in plan.Feeds)
            await feed.FlushAsync();
    }
}
