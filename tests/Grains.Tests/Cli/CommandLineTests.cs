namespace Weir.Grains.Tests.Cli;

using System.Reflection;
using Weir.Cli;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Grains.Tests.Client;

public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("", "a command is missing")]
    [InlineData("sed", "'sed' is not understood")]
    [InlineData("query a b", "query needs JOB VIEW KEY")]
    [InlineData("quarantine", "a command is missing; see weir quarantine --help")]
    [InlineData("quarantine release a b", "release needs JOB OPERATOR KEY; see weir quarantine release --help")]
    [InlineData("quarantine drop a", "'drop' is not understood")]
    [InlineData("read t --limit x", "'x' is not a value of --limit")]
    [InlineData("read t --limit 0", "--limit must be 1 or more")]
    [InlineData("send t no-such-file", "there is no file 'no-such-file'")]
    [InlineData("send t - --from 0", "--from must be 1 or more")]
    public async Task WrongUsage_IsOneSentence(string line, string sentence)
    {
        Assert.Equal(ExitCode.WrongUsage, await RunAsync(line));
        Assert.Contains(sentence, Assert.Single(Lines(_error)), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("--help", "Exit codes:")]
    [InlineData("quarantine discard --help", "weir quarantine discard airport-features hourly SFO")]
    [InlineData("send --help", "tail -f clicks.jsonl | weir send clicks -")]
    public async Task Help_ShowsExamplesAndExitCodes(string line, string shown)
    {
        Assert.Equal(ExitCode.Done, await RunAsync(line));
        Assert.Contains(shown, _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("topics", "localhost:30000", "weir")]
    [InlineData("topics -g a:1 --gateway b:2,c:3 --cluster-id blue", "a:1 b:2,c:3", "blue")]
    public async Task Gateways_CanBeRepeated_AndTheClusterNamed(string line, string gateways, string cluster)
    {
        (IWeirClient client, _) = FakeGrains.Create(partitions: 1);
        var connector = new Connector(client);
        var terminal = new Terminal(TextReader.Null, _output, _error);
        await new CommandLine(terminal, connector).RunAsync(line.Split(' '));
        Assert.Equal(gateways, string.Join(' ', connector.Target!.Gateways));
        Assert.Equal(cluster, connector.Target.ClusterId);
    }

    [Fact]
    public async Task Send_OfJsonLines_SkipsEmptyOnes()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        Assert.Equal(ExitCode.Done, await RunAsync("send t - --json", client, "1\n\n2\n  \n3"));
        Assert.Equal("""{"topic":"t","sent":3}""", Assert.Single(Lines(_output)));
        Assert.Equal(3, partitions[0].Next);
    }

    [Fact]
    public async Task Send_OfABadLine_SendsAllBeforeItAndNothingAfter()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        string[] lines = [.. Enumerable.Range(1, 2500).Select(line => line == 1700 ? "bad" : $"{line}")];
        Assert.Equal(ExitCode.Refused, await RunAsync("send t -", client, string.Join('\n', lines)));
        Assert.Equal(1699, partitions[0].Next);
        Assert.StartsWith(
            "weir: line 1700 not sent, nothing sent after, 1699 sent before: ",
            _error.ToString(),
            StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Send_FromALine_GoesOnWhereAnotherHasEnded_AndCountsFromTheFirst()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        Assert.Equal(ExitCode.Done, await RunAsync("send t - --from 3 --json", client, "bad\n2\n3\n\n5"));
        Assert.Equal("""{"topic":"t","sent":2}""", Assert.Single(Lines(_output)));
        Assert.Equal(2, partitions[0].Next);
        Assert.Equal(ExitCode.Refused, await RunAsync("send t - --from 3", client, "1\n2\n3\nbad"));
        Assert.StartsWith(
            "weir: line 4 not sent, nothing sent after, 1 sent before: ", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WeirError.UnknownTopic, ExitCode.NotFound)]
    [InlineData(WeirError.UnknownJob, ExitCode.NotFound)]
    [InlineData(WeirError.UnknownOperator, ExitCode.NotFound)]
    [InlineData(WeirError.NotQuarantined, ExitCode.NotFound)]
    [InlineData(WeirError.Unavailable, ExitCode.NoAnswer)]
    [InlineData(WeirError.JobFailed, ExitCode.Refused)]
    [InlineData(WeirError.TopicSealed, ExitCode.Refused)]
    public void Errors_HaveTheirExitCode(WeirError error, int code) => Assert.Equal(code, ExitCode.Of(error));

    [Theory]
    [InlineData(0, "There are no topics yet.")]
    [InlineData(3, "There are: t1, t2, t3.")]
    [InlineData(12, "There are: t1, t2, t3, t4, t5, t6, t7, t8, t9, t10 and 2 more; see weir topics.")]
    public async Task ATopicThatIsNone_IsAnsweredWithThoseThatAre(int topics, string sentence)
    {
        IWeirClient client = DispatchProxy.Create<IWeirClient, OnlyTopics>();
        ((OnlyTopics)(object)client).Count = topics;
        Assert.Equal(ExitCode.NotFound, await RunAsync("seal nowhere", client));
        Assert.Equal($"weir: There is no topic 'nowhere'. {sentence}", Assert.Single(Lines(_error)));
    }

    private static string[] Lines(StringWriter text) =>
        text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task<int> RunAsync(string line, IWeirClient? client = null, string input = "")
    {
        var terminal = new Terminal(new StringReader(input), _output, _error);
        return new CommandLine(terminal, new Connector(client))
            .RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A client that lists topics, and knows none of those that it is asked for.</summary>
    public class OnlyTopics : DispatchProxy
    {
        /// <summary>How many there are.</summary>
        public int Count { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name != nameof(IWeirClient.ListTopicsAsync)
                ? throw new WeirException(WeirError.UnknownTopic, "There is no topic 'nowhere'.")
                : Task.FromResult<IReadOnlyList<TopicDescription>>(
                    [.. Enumerable.Range(1, Count).Select(number => new TopicDescription
                    {
                        Name = $"t{number}",
                        Schema = "String:1",
                        IsSealed = false,
                        Partitions = [],
                    })]);
    }

    private sealed class Connector(IWeirClient? client) : IConnector, IConnection
    {
        public IWeirClient Client => client ?? throw new InvalidOperationException("nothing to connect to");

        public Target? Target { get; private set; }

        public Task<IConnection> ConnectAsync(Target target, CancellationToken cancellation)
        {
            Target = target;
            return Task.FromResult<IConnection>(this);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
