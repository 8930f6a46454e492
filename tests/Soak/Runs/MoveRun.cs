namespace Weir.Soak.Runs;

using System.Globalization;
using System.Text.RegularExpressions;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Soak.Clusters;
using Weir.Soak.Flows;

/// <summary>
/// A cluster goes from one silo to three to two while events flow: nothing is lost or doubled, and the pause of each key
/// is measured.
/// </summary>
internal static class MoveRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync()
    {
        await using ClusterScript cluster = await ClusterScript.UpAsync(
            new ClusterSpec { Jobs = "Weir.Soak.dll", Silos = 1 });
        string first = (await cluster.GatewaysAsync())[0];
        await using WeirConnection connection = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = [first, Next(first, 1), Next(first, 2)] });
        await using VisitFlow flow = await VisitFlow.StartAsync(connection.Client);

        var steps = new List<(string What, DateTime Begin, DateTime End)>
        {
            await StepAsync("nothing", flow, () => Conditions.PassAsync(TimeSpan.FromSeconds(5))),
            await StepAsync("1 to 2 silos", flow, () => ChangeAsync(cluster, flow, "add")),
            await StepAsync("2 to 3 silos", flow, () => ChangeAsync(cluster, flow, "add")),
            await StepAsync("3 to 2 silos", flow, () => ChangeAsync(cluster, flow, "stop", "1")),
        };

        VisitReport report = await flow.CompareAsync(Patience);
        foreach ((string what, DateTime begin, DateTime end) in steps)
        {
            TimeSpan[] pauses = report.PausesBetween(begin, end);
            Console.WriteLine($"{what}: pause per key p50 {Ms(pauses, 0.5)}, p99 {Ms(pauses, 0.99)}, max {Ms(pauses, 1)} ms");
        }

        Console.WriteLine($"{report.Visits} visits came out, {report.Sent} were sent; "
            + $"{(await flow.DescribeAsync()).Restarts} restarts");
        foreach (string problem in report.Problems)
            Console.WriteLine($"PROBLEM: {problem}");
        return report.Problems.Count == 0 ? 0 : 1;
    }

    private static async Task<(string What, DateTime Begin, DateTime End)> StepAsync(
        string what, VisitFlow flow, Func<Task> step)
    {
        DateTime begin = DateTime.UtcNow;
        await step();
        await flow.GoesOnAsync(Patience);
        return (what, begin, DateTime.UtcNow);
    }

    private static async Task ChangeAsync(ClusterScript cluster, VisitFlow flow, params string[] command)
    {
        long epoch = (await flow.DescribeAsync()).Epoch;
        await cluster.RunAsync(command);
        await Conditions.UntilAsync(
            async () => await flow.DescribeAsync() is { State: JobState.Running } status && status.Epoch > epoch,
            Patience,
            "The job on the other silos");
    }

    private static string Next(string gateway, int more) =>
        Regex.Replace(gateway, "[0-9]+$", port => $"{int.Parse(port.Value, CultureInfo.InvariantCulture) + more}");

    private static string Ms(TimeSpan[] pauses, double share) =>
        $"{pauses[(int)((pauses.Length - 1) * share)].TotalMilliseconds:F0}";
}
