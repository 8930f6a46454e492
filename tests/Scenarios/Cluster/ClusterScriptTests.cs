namespace Weir.Scenarios.Cluster;

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Weir.Client;
using Weir.Connectors.Tests.Ado;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Soak.Clusters;
using Xunit.Abstractions;

/// <summary>
/// The services of the compose file as real processes: they come up, do the work of the sample, lose silos, get one more,
/// and leave nothing behind. One cluster goes through all of it: three silos are there until the last but one.
/// </summary>
[TestCaseOrderer(DeclaredOrder.TypeName, DeclaredOrder.AssemblyName)]
public sealed class ClusterScriptTests(ScriptedCluster scripted, ITestOutputHelper output)
    : IClassFixture<ScriptedCluster>, IDisposable
{
    private const string FlightsJob = "airport-features";

    /// <summary>What a process ends with that was killed by SIGKILL.</summary>
    private const int Killed = 128 + 9;

    private const int Days = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _data = Directory.CreateTempSubdirectory("weir-data-").FullName;
    private readonly string _out = Directory.CreateTempSubdirectory("weir-flights-").FullName;

    private ClusterScript Cluster => scripted.Script;

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        Directory.Delete(_out, recursive: true);
    }

    [PostgreSqlFact]
    public async Task A_cluster_that_can_not_start_leaves_nothing_behind()
    {
        // The same ports once more.
        string other = $"{Cluster.Folder}-2";
        string settings = await File.ReadAllTextAsync(Path.Combine(Cluster.Folder, "settings"));
        string offset = Regex.Match(settings, "offset=(\\d+)").Groups[1].Value;
        CommandResult second = await Cluster.TryAsync(
            "up", "--dir", other, "--port-offset", offset, "--app", Cluster.App);

        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains("can not be listened on", second.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(other));
        Assert.Equal(["ready", "ready", "ready"], await Cluster.HealthAsync());
    }

    [PostgreSqlFact]
    public async Task Clients_go_on_whichever_gateway_dies()
    {
        string[] gateways = await Cluster.GatewaysAsync();
        await using WeirConnection named = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = ["127.0.0.1:1", "no-such-host.invalid", .. gateways] });
        await using WeirConnection found = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions
            {
                Database = $"Host=127.0.0.1;Port={Cluster.DatabasePort};Database=weir;Username=weir;Password=weir",
            });

        for (int silo = 1; silo <= 3; silo++)
        {
            string topic = $"after-{silo}";
            await Cluster.RunAsync("kill", $"{silo}");
            await named.Client.CreateTopicAsync(Topic.Of<long>(topic));
            Assert.NotNull(await found.Client.FindTopicAsync(topic));
            await Cluster.RunAsync("start", $"{silo}");
        }
    }

    /// <summary>
    /// The sample sends while two silos of three are killed, and kills itself when it has sent all. Only when it is started
    /// once more it tells the end, so the job runs at both kills, however fast the machine is.
    /// </summary>
    [PostgreSqlFact]
    public async Task Silos_that_are_killed_under_way_change_nothing_in_the_files()
    {
        await using WeirConnection connection = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = await Cluster.GatewaysAsync() });
        FlightsData.CopyDays(_data, from: 1, to: Days);
        using var oracle = new FlightsOracle(_data);
        Task<CommandResult> first = TryFlightsAsync("--kill-after", $"{oracle.Flights}");
        Task<JobStatus> works = RunsAsync(connection, status => status.Operators.Sum(each => each.Events) > 0);

        // Nothing of what it has sent need have arrived when it kills itself.
        await Task.WhenAny(works, first);
        JobStatus before = await RunsAsync(connection, _ => true);

        // The first one has the gateway that the sample was given first.
        JobStatus between = await KillAsync(connection, 1, before);
        JobStatus behind = await KillAsync(connection, 2, between);
        Assert.Equal(["down", "down", "ready"], await Cluster.HealthAsync());
        CommandResult interrupted = await first;
        Assert.True(interrupted.ExitCode == Killed, interrupted.Errors);
        await RunsAsync(connection, _ => true);

        await RunFlightsAsync(oracle);
        JobStatus end = await connection.Client.DescribeJobAsync(FlightsJob);
        Assert.Equal(JobState.Finished, end.State);
        Assert.InRange(end.Epoch, behind.Epoch, long.MaxValue);
        Assert.InRange(await CheckpointsAsync(), 1, int.MaxValue);

        await Cluster.RunAsync("start", "1");
        await Cluster.RunAsync("start", "2");
    }

    /// <summary>The last test of the cluster but one: a silo more stays.</summary>
    [PostgreSqlFact]
    public async Task A_cluster_that_loses_and_gains_silos_runs_the_sample()
    {
        await Cluster.RunAsync("kill", "2");
        Assert.Equal(["ready", "down", "ready"], await Cluster.HealthAsync());
        await Cluster.RunAsync("add");
        Assert.Equal(["ready", "down", "ready", "ready"], await Cluster.HealthAsync());

        // If the cluster has all flights already, the job has finished, and the files are written again.
        FlightsData.CopyDays(_data, from: 1, to: Days);
        using var oracle = new FlightsOracle(_data);
        await RunFlightsAsync(oracle);
        Assert.Equal(3, Regex.Count((await Cluster.RunAsync("status")).Output, " Active "));
    }

    /// <summary>The last test of the cluster, which is gone then.</summary>
    [PostgreSqlFact]
    public async Task A_cluster_that_is_taken_down_leaves_nothing_behind()
    {
        string[] processes = await Cluster.ProcessesAsync();
        Assert.NotEmpty(processes);
        await Cluster.RunAsync("down");
        Assert.False(Directory.Exists(Cluster.Folder));
        Assert.Empty(await Cluster.ProcessesAsync());
        Assert.All(processes, line => Assert.False(Directory.Exists($"/proc/{line.Trim().Split(' ')[0]}"), line));
    }

    /// <summary>Kills a silo; completes when the job runs in an epoch behind that of a status.</summary>
    private async Task<JobStatus> KillAsync(WeirConnection connection, int silo, JobStatus before)
    {
        await Cluster.RunAsync("kill", $"{silo}");
        long killed = Stopwatch.GetTimestamp();
        JobStatus status = await RunsAsync(connection, now => now.Epoch > before.Epoch);
        TimeSpan took = Stopwatch.GetElapsedTime(killed);
        output.WriteLine($"silo {silo}: epoch {status.Epoch} {took.TotalSeconds:F1} s after the kill");

        Assert.True(took < TimeSpan.FromSeconds(10), $"the job was back after {took}");
        return status;
    }

    private static Task<JobStatus> RunsAsync(WeirConnection connection, Func<JobStatus, bool> until) =>
        connection.Client.WaitForJobAsync(
            FlightsJob, status => status.State == JobState.Running && until(status)).WaitAsync(Patience);

    /// <summary>How many checkpoints of the sample's job the metrics of all silos count.</summary>
    private async Task<int> CheckpointsAsync()
    {
        using var http = new HttpClient();
        int count = 0;
        string status = (await Cluster.RunAsync("status")).Output;
        foreach (Match silo in Regex.Matches(status, "(http://[^ ]+) +ready"))
        {
            string metrics = await http.GetStringAsync(new Uri($"{silo.Groups[1].Value}/metrics"));
            Match line = Regex.Match(metrics, $"weir_checkpoints_completed[^ ]*job=\"{FlightsJob}\"[^ ]* (\\d+)");
            count += line.Success ? int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        }

        return count;
    }

    private async Task RunFlightsAsync(FlightsOracle oracle)
    {
        CommandResult result = await TryFlightsAsync();
        Assert.True(result.ExitCode == 0, result.Errors);
        var options = new FlightsCase(TimeSpan.FromHours(2), TimeSpan.FromHours(6), Partitions: 4);
        FlightsData.AssertSame(oracle.AirportFeatures(options), Read("airport-features.csv"), "airport-features.csv");
        FlightsData.AssertSame(oracle.QuietRoutes(options), Read("quiet-routes.csv"), "quiet-routes.csv");
    }

    private async Task<CommandResult> TryFlightsAsync(params string[] more)
    {
        string gateways = (await Cluster.RunAsync("gateways")).Output.Trim();
        return await Cluster.TryAsync(
        [
            "run", "flights", "--cluster", gateways, "--data", _data, "--out", _out, "--json", .. more,
        ]);
    }

    private byte[] Read(string file) => File.ReadAllBytes(Path.Combine(_out, file));
}
