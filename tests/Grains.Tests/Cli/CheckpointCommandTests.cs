namespace Weir.Grains.Tests.Cli;

using System.Text.Json.Nodes;
using Weir.Cli;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;

public sealed class CheckpointCommandTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly CheckpointDescription Twelve = new()
    {
        Number = 12,
        Epoch = 3,
        Lineage = 2,
        TakenAt = Noon,
        Duration = TimeSpan.FromMilliseconds(45),
        Bytes = 3 << 20,
        WrittenBytes = 1536,
    };

    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly IWeirClient _client;
    private readonly FakeJobs _job;

    public CheckpointCommandTests() => (_client, _job) = FakeJobs.Create();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Start_WithoutOptions_AsksForTheLastCheckpoint()
    {
        Assert.Equal(ExitCode.Done, await RunAsync("start flights"));
        StartOptions asked = Assert.IsType<StartOptions>(Assert.Single(_job.Asked));
        Assert.Equal(
            (null, false, OutputChoice.None, false, false),
            (asked.From, asked.Anew, asked.Outputs, asked.AllowUnmatchedState, asked.AcceptDuplicates));
        Assert.Empty(asked.OutputsOf);
        Assert.Equal("flights is running in epoch 3.\n", _output.ToString());
    }

    [Fact]
    public async Task Start_FromASavepoint_SaysWhatBecomesOfEachOutput()
    {
        Assert.Equal(
            ExitCode.Done,
            await RunAsync(
                "start flights --from good --outputs replace --output a=b=append --output c=fork "
                + "--allow-unmatched-state --accept-duplicates"));
        StartOptions asked = Assert.IsType<StartOptions>(Assert.Single(_job.Asked));
        Assert.Equal(
            ("good", false, OutputChoice.Replace, true, true),
            (asked.From, asked.Anew, asked.Outputs, asked.AllowUnmatchedState, asked.AcceptDuplicates));
        Assert.Equal(
            [("a=b", OutputChoice.Append), ("c", OutputChoice.Fork)],
            asked.OutputsOf.Select(each => (each.Key, each.Value)));
        Assert.Contains(", from 'good'.", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("start j --from a --anew", "--from and --anew exclude each other")]
    [InlineData("stop j --drain", "--drain needs --savepoint NAME")]
    [InlineData("start j --outputs keep", "--outputs takes replace, append or fork, not 'keep'")]
    [InlineData("start j --output keep", "--output takes NAME=replace, NAME=append or NAME=fork, not 'keep'")]
    [InlineData("start j --output a=fork --output a=append", "--output names 'a' twice")]
    [InlineData("query j v k --at 0", "'0' is not a value of --at (live|last|NUMBER); see weir query --help")]
    [InlineData("keys j v --at then", "'then' is not a value of --at (live|last|NUMBER); see weir keys --help")]
    [InlineData("savepoint take j", "take needs JOB NAME; see weir savepoint take --help")]
    [InlineData("savepoint", "a command is missing; see weir savepoint --help")]
    public async Task WrongUsage_IsOneSentence(string line, string sentence)
    {
        Assert.Equal(ExitCode.WrongUsage, await RunAsync(line));
        Assert.Contains(sentence, _error.ToString(), StringComparison.Ordinal);
        Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(_job.Asked);
    }

    [Theory]
    [InlineData("start --help", "weir start airport-features --from before-the-fix --outputs replace")]
    [InlineData("stop --help", "weir stop airport-features --savepoint before-upgrade")]
    [InlineData("savepoint take --help", "weir savepoint take airport-features before-upgrade")]
    [InlineData("savepoint list --help", "weir savepoint list airport-features --json")]
    [InlineData("savepoint delete --help", "weir savepoint delete airport-features before-upgrade")]
    [InlineData("inspect --help", "weir inspect airport-features hourly SFO --at 17")]
    public async Task Help_ShowsExamples(string line, string example)
    {
        Assert.Equal(ExitCode.Done, await RunAsync(line));
        Assert.Contains(example, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_OfAJobThatDoesNotRun_SaysThatNoSavepointWasTaken()
    {
        _job.Status = _job.Status with
        {
            State = JobState.Stopped,
            Checkpoints = new CheckpointStatus { Last = Twelve },
        };
        Assert.Equal(ExitCode.Refused, await RunAsync("stop flights --savepoint good"));
        Assert.Equal(
            "flights is stopped and did not run, so no savepoint was taken: 'weir savepoint take flights good' makes its "
            + "last checkpoint one.\n",
            _output.ToString());
    }

    [Fact]
    public async Task AJobInWhichNothingChanges_IsNotShownAsLate()
    {
        _job.Status = _job.Status with { Checkpoints = new CheckpointStatus { Last = Twelve, IsCurrent = true } };
        await RunAsync("jobs");
        Assert.Contains("ago, nothing new since", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_WithASavepoint_NamesItsCheckpoint()
    {
        _job.Status = _job.Status with
        {
            State = JobState.Stopped,
            Checkpoints = new CheckpointStatus { Last = Twelve with { Savepoint = "good" } },
        };
        Assert.Equal(ExitCode.Done, await RunAsync("stop flights --savepoint good --drain"));
        Assert.Equal(new StopOptions { Savepoint = "good", Drain = true }, Assert.Single(_job.Asked));
        Assert.Equal("flights is stopped; savepoint 'good' is checkpoint 12.\n", _output.ToString());
    }

    [Fact]
    public async Task Savepoints_AreTakenAndDeletedByName()
    {
        _job.Checkpoints = [Twelve with { Savepoint = "good" }];
        Assert.Equal(ExitCode.Done, await RunAsync("savepoint take flights good"));
        Assert.Equal(ExitCode.Done, await RunAsync("savepoint delete flights good"));
        Assert.Equal(["good", "good"], _job.Asked);
        Assert.Equal(
            "savepoint 'good' of flights is checkpoint 12: 3.0 MiB in 45 ms.\n"
            + "savepoint 'good' of flights deleted.\n",
            _output.ToString());
    }

    [Theory]
    [InlineData(WeirError.UnknownCheckpoint, ExitCode.NotFound)]
    [InlineData(WeirError.SavepointConflict, ExitCode.Refused)]
    [InlineData(WeirError.IncompatibleState, ExitCode.Refused)]
    public async Task Refusals_AreShownWithTheirExitCode(WeirError error, int code)
    {
        _job.Refusal = new WeirException(error, "Because.");
        Assert.Equal(code, await RunAsync("savepoint delete flights good"));
        Assert.Equal("weir: Because.\n", _error.ToString());
    }

    [Fact]
    public async Task SavepointList_ShowsEveryColumn()
    {
        _job.Checkpoints = [Twelve, Twelve with { Number = 7, Savepoint = "good", Duration = TimeSpan.FromSeconds(90) }];
        Assert.Equal(ExitCode.Done, await RunAsync("savepoint list flights"));
        string[][] lines = Cells();
        string[] headings = ["CHECKPOINT", "SAVEPOINT", "TAKEN AT (UTC)", "TOOK", "SIZE", "WRITTEN", "EPOCH", "LINEAGE"];
        Assert.Equal(headings, lines[0]);
        Assert.Equal(["12", "2026-01-31 12:00:00", "45 ms", "3.0 MiB", "1.5 KiB", "3", "2"], lines[1]);
        Assert.Equal(["7", "good", "2026-01-31 12:00:00", "90 s", "3.0 MiB", "1.5 KiB", "3", "2"], lines[2]);
    }

    [Fact]
    public async Task SavepointList_AsJson_HasTheFieldsOfTheContract()
    {
        _job.Checkpoints = [Twelve with { Savepoint = "good" }];
        Assert.Equal(ExitCode.Done, await RunAsync("savepoint list flights --json"));
        JsonNode only = JsonNode.Parse(_output.ToString())!.AsArray().Single()!;
        Assert.Equal((12, "good", 1536), ((int)only["number"]!, (string)only["savepoint"]!, (int)only["writtenBytes"]!));
    }

    [Theory]
    [InlineData("", "none, this is live", null)]
    [InlineData("--at live", "none, this is live", null)]
    [InlineData("--at last", "12", 12)]
    [InlineData("--at 9", "9", 9)]
    public async Task QueryAndInspect_SayWhichCheckpointTheAnswerIsOf(string at, string text, int? number)
    {
        foreach (string command in (string[])["query", "inspect"])
        {
            Assert.Equal(ExitCode.Done, await RunAsync($"{command} flights latest SFO {at}"));
            Assert.Contains(Cells(), line => line is ["checkpoint", var shown] && shown == text);
            _output.GetStringBuilder().Clear();
            Assert.Equal(ExitCode.Done, await RunAsync($"{command} flights latest SFO {at} --json"));
            Assert.Equal(number, (int?)JsonNode.Parse(_output.ToString())!["checkpoint"]);
            _output.GetStringBuilder().Clear();
        }
    }

    [Fact]
    public async Task Keys_AreListedAtTheTimeAskedFor()
    {
        Assert.Equal(ExitCode.Done, await RunAsync("keys flights latest --at 9"));
        Assert.Equal("AsOf 9\n", _output.ToString());
    }

    [Fact]
    public async Task Jobs_ShowTheLastCheckpointAndWhatFailsSince()
    {
        _job.Status = _job.Status with
        {
            State = JobState.Restarting,
            Restarts = 4,
            Lineage = 2,
            Failure = "disk",
            Checkpoints = new CheckpointStatus { Last = Twelve, Failed = 2, Problem = "2 in a row did not complete (why)" },
        };
        Assert.Equal(ExitCode.Done, await RunAsync("jobs"));
        string[] headings = ["JOB", "STATE", "EPOCH", "RESTARTS", "WATERMARK", "LAG", "CHECKPOINT", "FAILURE"];
        Assert.Equal(headings, Cells()[0]);
        Assert.Equal(
            ["flights", "restarting", "3", "4", "none", "0", "12, 9 s ago, 2 failed since", "disk"], Cells()[1]);

        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Done, await RunAsync("jobs flights"));
        string[][] facts = Cells();
        Assert.Contains(facts, line => line is ["restarts", "4"]);
        Assert.Contains(facts, line => line is ["lineage", "2"]);
        Assert.Contains(
            facts, line => line is ["checkpoint", "12, 9 s ago, took 45 ms, 3.0 MiB, 1.5 KiB written"]);
        Assert.Contains(
            facts,
            line => line is ["checkpoint problem", "2 in a row did not complete (why)"]);
    }

    [Fact]
    public async Task Jobs_SayWhatTheirSourcesWaitFor()
    {
        _job.Status = _job.Status with
        {
            State = JobState.Running,
            Sources = [new SourceStatus("in", 0, 5, 7, EventTime.None, false) { Problem = "the log is away" }],
        };
        Assert.Equal(ExitCode.Done, await RunAsync("jobs"));
        Assert.Equal("the log is away", Cells()[1][^1]);

        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Done, await RunAsync("jobs flights"));
        Assert.Contains(Cells(), line => line is ["failure", "the log is away"]);
    }

    [Fact]
    public async Task Jobs_WithoutCheckpoints_SayNone()
    {
        Assert.Equal(ExitCode.Done, await RunAsync("jobs flights"));
        Assert.Contains(Cells(), line => line is ["checkpoint", "none"]);
        Assert.Contains(Cells(), line => line is ["checkpoint problem", "none"]);
    }

    // Cells are at least two spaces apart; an empty one leaves no trace.
    private string[][] Cells() =>
    [
        .. _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(
            "  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
    ];

    private Task<int> RunAsync(string line)
    {
        var terminal = new Terminal(TextReader.Null, _output, _error) { Clock = new At(Noon.AddSeconds(10)) };
        return new CommandLine(terminal, new Connector(_client))
            .RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class Connector(IWeirClient client) : IConnector, IConnection
    {
        public IWeirClient Client => client;

        public Task<IConnection> ConnectAsync(Target target, CancellationToken cancellation) =>
            Task.FromResult<IConnection>(this);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
