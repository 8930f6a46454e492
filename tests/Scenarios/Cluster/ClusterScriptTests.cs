namespace Weir.Scenarios.Cluster;

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Weir.Client;
using Weir.Connectors.Tests.Ado;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Soak.Clusters;

/// <summary>
/// The services of the compose file as real processes: they come up, do the work of the sample, lose a silo, get one more,
/// and leave nothing behind.
/// </summary>
public sealed class ClusterScriptTests : IDisposable
{
    private const string FlightsJob = "airport-features";
    private readonly string _data = Directory.CreateTempSubdirectory("weir-data-").FullName;
    private readonly string _out = Directory.CreateTempSubdirectory("weir-flights-").FullName;

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        Directory.Delete(_out, recursive: true);
    }

    [PostgreSqlFact]
    public async Task A_cluster_runs_the_sample_and_loses_and_gains_silos()
    {
        FlightsData.CopyDays(_data, from: 1, to: 3);
        string[] processes;
        await using (ClusterScript cluster = await ClusterScript.UpAsync())
        {
            Assert.Equal(["ready", "ready", "ready"], await cluster.HealthAsync());
            await RunFlightsAsync(cluster);
            Assert.InRange(await CheckpointsAsync(cluster), 1, int.MaxValue);

            await cluster.RunAsync("kill", "2");
            Assert.Equal(["ready", "down", "ready"], await cluster.HealthAsync());
            await cluster.RunAsync("add");
            Assert.Equal(["ready", "down", "ready", "ready"], await cluster.HealthAsync());

            // The cluster has all flights already, and the job has finished: the files are written again.
            await RunFlightsAsync(cluster);
            Assert.Equal(3, Regex.Count((await cluster.RunAsync("status")).Output, " Active "));
            processes = await cluster.ProcessesAsync();
            Assert.NotEmpty(processes);
            await cluster.RunAsync("down");
            Assert.False(Directory.Exists(cluster.Folder));
            Assert.Empty(await cluster.ProcessesAsync());
        }

        Assert.All(processes, line => Assert.False(Directory.Exists($"/proc/{line.Trim().Split(' ')[0]}"), line));
    }

    [PostgreSqlFact]
    public async Task Silos_that_are_killed_under_way_change_nothing_in_the_files()
    {
        FlightsData.CopyDays(_data, from: 1, to: 31);
        await using ClusterScript cluster = await ClusterScript.UpAsync();
        string[] gateways = await cluster.GatewaysAsync();
        await using WeirConnection connection = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = gateways });
        Task sample = RunFlightsAsync(cluster);

        // The first one has the gateway that the sample was given first.
        JobStatus status = await AppliesAsync(connection, _ => true);
        await cluster.RunAsync("kill", "1");
        long killed = Stopwatch.GetTimestamp();
        status = await AppliesAsync(connection, now => now.Epoch > status.Epoch);
        TimeSpan took = Stopwatch.GetElapsedTime(killed);
        Assert.True(took < TimeSpan.FromSeconds(10), $"new results came after {took}");
        await cluster.RunAsync("kill", "2");
        await sample;
        Assert.InRange((await connection.Client.DescribeJobAsync(FlightsJob)).Epoch, status.Epoch + 1, long.MaxValue);
    }

    [PostgreSqlFact]
    public async Task Clients_go_on_whichever_gateway_dies()
    {
        await using ClusterScript cluster = await ClusterScript.UpAsync();
        string[] gateways = await cluster.GatewaysAsync();
        await using WeirConnection named = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = ["127.0.0.1:1", "no-such-host.invalid", .. gateways] });
        await using WeirConnection found = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions
            {
                Database = $"Host=127.0.0.1;Port={cluster.DatabasePort};Database=weir;Username=weir;Password=weir",
            });

        for (int silo = 1; silo <= 3; silo++)
        {
            string topic = $"after-{silo}";
            await cluster.RunAsync("kill", $"{silo}");
            await named.Client.CreateTopicAsync(Topic.Of<long>(topic));
            Assert.NotNull(await found.Client.FindTopicAsync(topic));
            await cluster.RunAsync("start", $"{silo}");
        }
    }

    [PostgreSqlFact]
    public async Task A_cluster_that_can_not_start_leaves_nothing_behind()
    {
        await using ClusterScript cluster = await ClusterScript.UpAsync();

        // The same ports once more.
        string other = $"{cluster.Folder}-2";
        string settings = await File.ReadAllTextAsync(Path.Combine(cluster.Folder, "settings"));
        string offset = Regex.Match(settings, "offset=(\\d+)").Groups[1].Value;
        CommandResult second = await cluster.TryAsync(
            "up", "--dir", other, "--port-offset", offset, "--app", cluster.App);

        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains("can not be listened on", second.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(other));
        Assert.Equal(["ready", "ready", "ready"], await cluster.HealthAsync());
    }

    // Also a job that has just finished will do: on one machine the rest of a month may take less than a look at it.
    private static Task<JobStatus> AppliesAsync(WeirConnection connection, Func<JobStatus, bool> until) =>
        connection.Client.WaitForJobAsync(FlightsJob, status => until(status)
            && status.State is JobState.Running or JobState.Finished
            && status.Operators.Sum(each => each.Events) > 0).WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>How many checkpoints of the sample's job the metrics of all silos count.</summary>
    private static async Task<int> CheckpointsAsync(ClusterScript cluster)
    {
        using var http = new HttpClient();
        int count = 0;
        foreach (Match page in Regex.Matches((await cluster.RunAsync("status")).Output, "http://[^ ]+"))
        {
            string metrics = await http.GetStringAsync(new Uri($"{page.Value}/metrics"));
            Match line = Regex.Match(metrics, $"weir_checkpoints_completed[^ ]*job=\"{FlightsJob}\"[^ ]* (\\d+)");
            count += line.Success ? int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        }

        return count;
    }

    private async Task RunFlightsAsync(ClusterScript cluster)
    {
        string gateways = (await cluster.RunAsync("gateways")).Output.Trim();
        await cluster.RunAsync("run", "flights", "--cluster", gateways, "--data", _data, "--out", _out, "--json");

        var options = new FlightsCase(TimeSpan.FromHours(2), TimeSpan.FromHours(6), Partitions: 4);
        using var oracle = new FlightsOracle(_data);
        FlightsData.AssertSame(oracle.AirportFeatures(options), Read("airport-features.csv"), "airport-features.csv");
        FlightsData.AssertSame(oracle.QuietRoutes(options), Read("quiet-routes.csv"), "quiet-routes.csv");
    }

    private byte[] Read(string file) => File.ReadAllBytes(Path.Combine(_out, file));
}
