namespace Weir.Grains.Tests.Cli;

using System.Text.Json.Nodes;
using Weir.Cli;
using Weir.Client;
using Weir.Contracts.Keys;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;
using Weir.Grains.Tests.Operators;

public sealed class InspectTests : IDisposable
{
    private const string Job = "state-of-windows";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-inspect-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task StateOfAWindow_IsShownBesideThatOfItsKey()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory, parts: new JobClusterParts { Jobs = [typeof(StateOfWindows)] });
        var scenario = new StateOfWindows();
        await cluster.Client.CreateTopicAsync(scenario.Input, new TopicOptions { Partitions = 1 });
        await cluster.Client.StartJobAsync(Job);
        await cluster.Client.SendAsync(
            scenario.Input, [new Reading("a", 11_000, 1), new Reading("a", 12_000, 2), new Reading("a", 17_500, 3)]);
        await cluster.Client
            .WaitForJobAsync(Job, status => status.Operators.Any(each => each.Watermark == new EventTime(15_499)))
            .WaitAsync(JobCluster.Patience);

        // The first window has fired and waits for late readings, the second has not fired.
        KeyReport report = (await cluster.Client.InspectAsync(Job, "firings", "a"))!;
        Assert.Equal([10_000L, 15_000L], report.Windows.Select(window => window.Window.Start.Milliseconds));
        Assert.Equal([new StateReport("firings", "1")], report.Windows[0].State);
        Assert.Empty(report.Windows[1].State);
        Assert.Equal([new StateReport("firings", "1"), new StateReport("starts", "[10000]")], report.State);

        string[] lines = (await ShowAsync(cluster.Client)).Split('\n', StringSplitOptions.TrimEntries);
        int section = Array.FindIndex(lines, line => Words(line) is ["WINDOW", "STATE", "VALUE"]);
        Assert.NotEqual(-1, section);
        Assert.Equal([report.Windows[0].Window.ToString(), "firings", "1"], Cells(lines[section + 1]));
        Assert.Equal("", lines[section + 2]);

        JsonArray windows = JsonNode.Parse(await ShowAsync(cluster.Client, "--json"))!["windows"]!.AsArray();
        Assert.Equal("""[{"name":"firings","value":1}]""", windows[0]!["state"]!.ToJsonString());
        Assert.Equal("[]", windows[1]!["state"]!.ToJsonString());
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // Columns are three spaces apart; a window has spaces of its own.
    private static string[] Cells(string line) =>
        line.Split("   ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static async Task<string> ShowAsync(IWeirClient client, params string[] more)
    {
        using var output = new StringWriter();
        var terminal = new Terminal(TextReader.Null, output, output);
        var line = new CommandLine(terminal, new Connector(client));
        Assert.Equal(ExitCode.Done, await line.RunAsync(["inspect", Job, "firings", "a", .. more]));
        return output.ToString();
    }

    private sealed class Connector(IWeirClient client) : IConnector, IConnection
    {
        public IWeirClient Client => client;

        public Task<IConnection> ConnectAsync(Target target, CancellationToken cancellation) =>
            Task.FromResult<IConnection>(this);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
