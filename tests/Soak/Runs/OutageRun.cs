namespace Weir.Soak.Runs;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Soak.Clusters;
using Weir.Soak.Flows;

/// <summary>
/// The database of a cluster ends as by a crash while a job runs and events are sent, and comes back after a while. What
/// must hold: no silo ends, the job says meanwhile why it stands, and everything comes out once.
/// </summary>
internal sealed class OutageRun(ClusterScript cluster, IWeirClient client)
{
    /// <summary>How long the job may take to say why it stands; the database stays away until then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly List<string> _problems = [];

    /// <summary>How long the job took to have a new checkpoint after the database was back.</summary>
    public TimeSpan Recovery { get; private set; }

    /// <summary>What the job said during the outage.</summary>
    public string Explanation { get; private set; } = "";

    /// <summary>A silo that is killed while the database is away, or null.</summary>
    public int? Victim { get; init; }

    public static async Task<int> RunAsync(TimeSpan outage, int? victim)
    {
        await using ClusterScript cluster = await ClusterScript.UpAsync(new ClusterSpec { Jobs = "Weir.Soak.dll" });
        await using WeirConnection connection = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = await cluster.GatewaysAsync() });
        await using VisitFlow flow = await VisitFlow.StartAsync(connection.Client);
        var run = new OutageRun(cluster, connection.Client) { Victim = victim };
        IReadOnlyList<string> problems = await run.PassAsync(flow, outage);
        VisitReport report = await flow.CompareAsync(TimeSpan.FromMinutes(2));
        Console.WriteLine($"the database was away for {outage.TotalSeconds} s; the job said: {run.Explanation}");
        Console.WriteLine($"a new checkpoint was complete {run.Recovery.TotalSeconds:F1} s after it was back");
        Console.WriteLine($"producers replaced: {flow.Replaced.Times} ({flow.Replaced.Reason})");
        Console.WriteLine($"the longest send took {flow.TakeLongest().TotalSeconds:F1} s");
        Console.WriteLine($"{report.Visits} visits came out, {report.Sent} were sent");
        string[] all = [.. problems, .. report.Problems];
        foreach (string problem in all)
            Console.WriteLine($"PROBLEM: {problem}");
        return all.Length == 0 ? 0 : 1;
    }

    /// <summary>Lets the database be away for a while, at least; completes when the job goes on. Returns what is wrong.</summary>
    public async Task<IReadOnlyList<string>> PassAsync(VisitFlow flow, TimeSpan outage)
    {
        IReadOnlyDictionary<int, int> before = cluster.Silos;
        await using WeirConnection impatient = await OutageProbe.ConnectAsync(await cluster.GatewaysAsync());
        await OutageProbe.BeginAsync(impatient.Client);
        long begin = Stopwatch.GetTimestamp();
        await cluster.RunAsync("kill", "database");
        if (Victim is { } victim)
            await cluster.RunAsync("kill", $"{victim}");
        Task<IReadOnlyList<string>> asking = OutageProbe.AskAsync(impatient.Client);
        Explanation = await ExplainAsync(Victim is null ? Patience : outage);
        TimeSpan left = outage - Stopwatch.GetElapsedTime(begin);
        if (left > TimeSpan.Zero)
            await Conditions.PassAsync(left);
        await cluster.RunAsync("start", "database");
        _problems.AddRange(await asking);
        Recovery = await flow.GoesOnAsync(TimeSpan.FromMinutes(2));
        foreach ((int silo, int process) in before)
        {
            if (silo != Victim && !Directory.Exists($"/proc/{process}"))
                _problems.Add($"silo {silo} has ended");
        }

        return _problems;
    }

    // Why a job stands it says itself, to whoever asks while it stands.
    private async Task<string> ExplainAsync(TimeSpan within)
    {
        string said = "";
        try
        {
            await Conditions.UntilAsync(
                async () =>
                {
                    JobStatus status = await client.DescribeJobAsync(Jobs.CountVisits.JobName);
                    said = Explain(status);
                    return said.Contains("database", StringComparison.Ordinal);
                },
                within,
                "A word about the database");
        }
        catch (TimeoutException silent)
        {
            // The job may have stood on the silo that was killed, which nobody can declare dead.
            if (Victim is null)
                _problems.Add($"{silent.Message} {said}");
        }

        return said;
    }

    private static string Explain(JobStatus status) => string.Join(
        "; ",
        status.Sources.Select(source => source.Problem)
            .Append(status.Failure)
            .Append(status.Checkpoints.Problem)
            .OfType<string>()
            .Distinct());
}
