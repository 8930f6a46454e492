namespace Weir.Soak.Runs;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Soak.Clusters;
using Weir.Soak.Flows;
using Weir.Soak.Jobs;

/// <summary>
/// A cluster of three silos under a steady load. Memory of the silos and lag of the job in the last third of the time
/// must be those of the middle third, within 5 %; everything that was sent must come out.
/// </summary>
internal sealed class SoakRun(TimeSpan duration, int perSecond)
{
    private const double Allowed = 1.05;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly List<Sample> _samples = [];
    private readonly List<string> _problems = [];

    public async Task<int> RunAsync()
    {
        await using ClusterScript cluster = await ClusterScript.UpAsync(new ClusterSpec { Jobs = "Weir.Soak.dll" });
        await using WeirConnection connection = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = await cluster.GatewaysAsync() });
        IWeirClient client = connection.Client;
        var flow = new ReadingFlow(client, perSecond);
        await flow.BeginAsync();
        using var stop = new CancellationTokenSource(duration);
        Task sending = Task.Run(() => flow.SendAsync(stop.Token));
        await WatchAsync(cluster, client, stop.Token);
        await sending;

        JobStatus last = await client.DescribeJobAsync(SteadyLoad.JobName);
        await client.SealAsync(SteadyLoad.Readings);
        await client.WaitForJobAsync(SteadyLoad.JobName, JobState.Finished).WaitAsync(Patience);
        (long inWindows, long ofQuiet) = await flow.CountAsync();
        Console.WriteLine($"{flow.Sent} readings were sent, {inWindows} are in windows, {ofQuiet} of quiet devices; "
            + $"{last.Restarts} restarts, {last.Checkpoints.Last?.Number} checkpoints");
        if (inWindows != flow.Sent || ofQuiet != flow.Sent)
            _problems.Add("what came out is not what was sent");
        Compare();
        foreach (string problem in _problems)
            Console.WriteLine($"PROBLEM: {problem}");
        return _problems.Count == 0 ? 0 : 1;
    }

    private async Task WatchAsync(ClusterScript cluster, IWeirClient client, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!stop.IsCancellationRequested)
        {
            JobStatus job = await client.DescribeJobAsync(SteadyLoad.JobName, CancellationToken.None);
            if (job.Operators.Length > 0 && job.Operators.All(each => each.Watermark.HasValue && each.Events > 0))
            {
                _samples.Add(Sample.Of(cluster.Silos, job));
                if (_samples.Count % 30 == 0)
                    Tell(_samples.Count, _samples[^1]);
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static void Tell(int seconds, Sample sample) => Console.WriteLine(
        $"{seconds,5} s: memory {string.Join(" ", sample.Memory.OrderBy(each => each.Key).Select(each => Mib(each.Value)))}"
        + $" MiB, {sample.Unread} unread, {sample.Behind.TotalMilliseconds:F0} ms behind");

    private void Compare()
    {
        int third = _samples.Count / 3;
        Sample[][] thirds = [.. Enumerable.Range(0, 3).Select(i => _samples.Skip(i * third).Take(third).ToArray())];
        foreach (int silo in _samples[0].Memory.Keys.Order())
            Compare($"memory of silo {silo} in MiB", thirds, sample => sample.Memory[silo] / (double)(1 << 20));
        Compare("unread events", thirds, sample => sample.Unread, grain: ReadingFlow.PerStep(perSecond));
        Compare("watermark behind in ms", thirds, sample => sample.Behind.TotalMilliseconds);
    }

    // What is sent at once is unread for a moment however well the job keeps up: differences below that say nothing.
    private void Compare(string what, Sample[][] thirds, Func<Sample, double> value, double grain = 0)
    {
        double[] means = [.. thirds.Select(third => third.Average(value))];
        double ratio = means[2] / means[1];
        Console.WriteLine($"{what}: {means[0]:F1}, {means[1]:F1}, {means[2]:F1} in the thirds; last to middle {ratio:F3}");
        if (ratio > Allowed && means[2] - means[1] > grain)
            _problems.Add($"{what} grew by {(ratio - 1) * 100:F1} %");
    }

    private static string Mib(long bytes) => $"{bytes / (double)(1 << 20):F0}";
}
