namespace Weir.Grains.Tests.History;

using Weir.Cli;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;

/// <summary>What tests about the past of the job of page views have in common.</summary>
internal static class PastClicks
{
    public const string Job = "page-views";

    /// <summary>Clicks from a number on, half a second apart and in order: 10 pages, 120 clicks a minute.</summary>
    public static Click[] Clicks(int from, int count) => [.. Enumerable.Range(from, count).Select(i => new Click(
        $"/page{i * 7 % 10}", $"user{i % 3}", new EventTime(60_000 + i * 500)))];

    public static async Task SendAsync(JobCluster cluster, Click[] clicks)
    {
        foreach (Click[] batch in clicks.Chunk(20))
            await cluster.Client.SendAsync(PageViews.Clicks, batch);
    }

    /// <summary>Sends clicks, waits until they are applied, and takes a savepoint.</summary>
    public static async Task<CheckpointDescription> SavepointAsync(JobCluster cluster, string name, Click[] clicks)
    {
        await SendAsync(cluster, clicks);
        await cluster.CaughtUpAsync(Job);
        return await cluster.Client.TakeSavepointAsync(Job, name).WaitAsync(JobCluster.Patience);
    }

    /// <summary>Has checkpoints taken, whether anything changes or not, until one behind that number is complete.</summary>
    public static async Task<JobStatus> CheckpointedAsync(JobCluster cluster, string job, long after)
    {
        JobStatus status;
        do
        {
            status = await cluster.Client.WaitForJobAsync(job, JobState.Running).WaitAsync(JobCluster.Patience);
            await cluster.Orleans.GetGrain<IJobGrain>($"j:{job}").CheckpointAsync(status.Epoch);
            status = await cluster.Client.DescribeJobAsync(job);
        }
        while (status.Checkpoints.Last!.Number <= after);
        return status;
    }

    /// <summary>Waits until a checkpoint holds all that has been read.</summary>
    public static Task<JobStatus> CoveredAsync(JobCluster cluster, string job) => cluster.Client
        .WaitForJobAsync(job, status => status.Checkpoints.IsCurrent)
        .WaitAsync(JobCluster.Patience);

    public static IEnumerable<Windowed<string, long>> Sorted(IEnumerable<Windowed<string, long>> results) =>
        results.OrderBy(each => each.Window.Start).ThenBy(each => each.Key, StringComparer.Ordinal);

    /// <summary>Runs the command line against a cluster.</summary>
    public static async Task<(int Code, string Text)> RunAsync(IWeirClient client, params string[] args)
    {
        using var output = new StringWriter();
        var line = new CommandLine(new Terminal(TextReader.Null, output, output), new Connector(client));
        int code = await line.RunAsync(args);
        return (code, output.ToString());
    }

    private sealed class Connector(IWeirClient client) : IConnector, IConnection
    {
        public IWeirClient Client => client;

        public Task<IConnection> ConnectAsync(Target target, CancellationToken cancellation) =>
            Task.FromResult<IConnection>(this);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
