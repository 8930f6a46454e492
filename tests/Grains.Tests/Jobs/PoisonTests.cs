namespace Weir.Grains.Tests.Jobs;

using Weir.Cli;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Contracts.Topics;
using Weir.Engine.Errors;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Events that a function fails on, on silos: each policy, and what people do about it.</summary>
public sealed class PoisonTests : IDisposable
{
    private const string Job = "careful-pages";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-poison-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task APoisonEvent_StopsItsKeyOnly_UntilItIsReleased(short silos)
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory, silos);
        CarefulPages.HasCause = true;
        IQuarantine quarantine = cluster.Client.Quarantine(Job);
        await cluster.Client.StartJobAsync(Job);
        SendReceipt poison = await SendAsync(cluster);
        await cluster.Client.SealAsync(PageViews.Clicks);
        JobStatus status = await WaitAsync(cluster, each => each.Operators[1].Watermark == EventTime.MaxValue
            && each.Operators[0].Watermark == EventTime.MaxValue);
        Assert.Equal(JobState.Running, status.State);
        Assert.Equal((1, 0L), (status.Operators[0].Quarantined, status.Operators[0].DeadLetters));
        Assert.Equal((0, 1L), (status.Operators[1].Quarantined, status.Operators[1].DeadLetters));

        QuarantineReport held = Assert.Single(await quarantine.ListAsync());
        Assert.Equal(("careful", "/a", 2), (held.Operator, held.Key, held.Events));
        string sentence = $"The operator 'careful' failed for the key '/a' on the event of 1970-01-01T00:00:02.000Z at "
            + $"offset {poison.Offset} of clicks/{poison.Partition}: InvalidOperationException: this user is poison";
        Assert.Equal(sentence, held.Error);
        Assert.Equal(held, (await cluster.Client.InspectAsync(Job, "careful", "/a"))!.Quarantine);
        Assert.Equal("/a 1", (await cluster.Client.View(Job, CarefulPages.Last).FindAsync("/a"))!.Value);
        Assert.Equal("/b 1", (await cluster.Client.View(Job, CarefulPages.Last).FindAsync("/b"))!.Value);

        QuarantineAnswer again = await quarantine.ReleaseAsync("careful", "/a");
        Assert.Equal((2, 2), (again.Held, again.Left!.Events));
        CarefulPages.HasCause = false;
        Assert.Equal(new QuarantineAnswer(2, null), await quarantine.ReleaseAsync("careful", "/a"));
        await cluster.FinishedAsync(Job);
        Assert.Equal(
            ["/a 1", "/a 2", "/a 3", "/b 1"],
            (await cluster.ReadAllAsync(CarefulPages.Counted)).Order(StringComparer.Ordinal));
        DeadLetter<Click> letter = Assert.Single(await cluster.ReadAllAsync(CarefulPages.Dead));
        Assert.Equal(("poison", "tolerant", "/a"), (letter.Event!.User, letter.Operator, letter.Key));
        Assert.Equal(
            ("clicks", poison.Partition, poison.Offset), (letter.Topic, letter.Partition, letter.Offset));
        Assert.Equal(3, (await cluster.ReadAllAsync(CarefulPages.Sums)).Sum(each => each.Value));
    }

    // A command that lets a job finish may be applied a moment before it has: whoever asks then is told so, too.
    [Fact]
    public async Task WhatAFinishedJobHasApplied_IsCovered()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        CarefulPages.HasCause = false;
        JobStatus status = await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster);
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync(Job);
        IJobGrain job = cluster.Orleans.GetGrain<IJobGrain>($"j:{Job}");
        await job.CheckpointAsync(status.Epoch);
        await Assert.ThrowsAsync<WeirException>(() => job.CheckpointAsync(status.Epoch + 1));
    }

    [Fact]
    public async Task TheCommandLine_ListsAndDiscards()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        CarefulPages.HasCause = true;
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster);
        await WaitAsync(cluster, each => each.Operators[0].Events == 4);

        (int code, string text) = await RunAsync(cluster, $"quarantine list {Job}");
        Assert.Equal(ExitCode.Done, code);
        Assert.Matches("careful +/a +2 .*this user is poison", text);
        Assert.Contains("running, 1 key quarantined", (await RunAsync(cluster, "jobs")).Text, StringComparison.Ordinal);
        Assert.Contains(
            "is in quarantine again with 2 events: The operator 'careful' failed",
            (await RunAsync(cluster, $"quarantine release {Job} careful /a")).Text,
            StringComparison.Ordinal);
        Assert.Equal(
            (ExitCode.Done, "/a: 2 events discarded."), await RunAsync(cluster, $"quarantine discard {Job} careful /a"));
        (code, text) = await RunAsync(cluster, $"quarantine discard {Job} careful /a");
        Assert.Equal(ExitCode.NotFound, code);
        Assert.Equal("weir: The key '/a' of the operator 'careful' is not in quarantine; list the keys that are.", text);
        Assert.Equal(ExitCode.NotFound, (await RunAsync(cluster, $"quarantine release {Job} tolerant /a")).Code);
        await cluster.Client.SealAsync(PageViews.Clicks);
        JobStatus status = await cluster.FinishedAsync(Job);
        Assert.Equal(2, status.Operators[0].DeadLetters);
    }

    [Fact]
    public async Task ARestartedJob_KeepsToWhatWasSaidOfTheKey()
    {
        // No checkpoint is taken but the one that a command asks for: without it both would be read again, in either order.
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory, configure: options => options.CheckpointInterval = TimeSpan.FromMinutes(10));
        CarefulPages.HasCause = true;
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster);
        await WaitAsync(cluster, each => each.Operators[0].Events == 4);
        Assert.Null((await cluster.Client.DescribeJobAsync(Job)).Checkpoints.Last);
        await cluster.Client.Quarantine(Job).DiscardAsync("careful", "/a");
        await cluster.Client.StopJobAsync(Job);
        Assert.Equal(
            WeirError.JobNotRunning,
            (await Assert.ThrowsAsync<WeirException>(() => cluster.Client.Quarantine(Job).ListAsync())).Error);
        await cluster.Client.StartJobAsync(Job);
        await WaitAsync(cluster, each => each.Epoch == 2 && each.Operators[0].Quarantined == 0);
    }

    [Fact]
    public async Task AnEventThatCanNotBeRead_IsADeadLetterOfTheSource()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        CarefulPages.HasCause = false;
        await cluster.Client.StartJobAsync(Job);
        KeyedTopic<string, Click> newer = Topic.Of<Click>("clicks", version: 9).KeyedBy(click => click.Page);
        SendReceipt unread = await cluster.Client.SendAsync(newer, new Click("/a", "ada", new EventTime(1)));
        await SendAsync(cluster);
        JobStatus status = await WaitAsync(cluster, each => each.Operators[0].Events == 4);
        Assert.Equal(1, status.Sources.Sum(source => source.DeadLetters));
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync(Job);
        SourceDeadLetter letter = Assert.Single(await cluster.ReadAllAsync(CarefulPages.Unread));
        Assert.Equal(
            ("clicks", unread.Partition, unread.Offset, "Click:9"),
            (letter.Topic, letter.Partition, letter.Offset, letter.Schema));
    }

    private static async Task<SendReceipt> SendAsync(JobCluster cluster)
    {
        IReadOnlyList<SendReceipt> sent = await cluster.Client.SendAsync(
            PageViews.Clicks,
            [
                new Click("/a", "ada", new EventTime(1000)),
                new Click("/a", "poison", new EventTime(2000)),
                new Click("/b", "bob", new EventTime(2000)),
                new Click("/a", "ada", new EventTime(3000)),
            ]);
        return sent[1];
    }

    private static Task<JobStatus> WaitAsync(JobCluster cluster, Func<JobStatus, bool> until) => cluster.Client
        .WaitForJobAsync(Job, status => status.Operators.Length == 2 && until(status))
        .WaitAsync(JobCluster.Patience);

    private static async Task<(int Code, string Text)> RunAsync(JobCluster cluster, string line)
    {
        using var output = new StringWriter();
        using var input = new StringReader("");
        var terminal = new Terminal(input, output, output);
        int code = await new CommandLine(terminal, new Connector(cluster.Client)).RunAsync(line.Split(' '));
        return (code, output.ToString().TrimEnd());
    }

    private sealed class Connector(IWeirClient client) : IConnector, IConnection
    {
        public IWeirClient Client => client;

        public Task<IConnection> ConnectAsync(Target target, CancellationToken cancellation) =>
            Task.FromResult<IConnection>(this);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
