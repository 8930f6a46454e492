namespace Weir.Grains.Tests.Checkpoints;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Grains.Hosting;
using Weir.Grains.Tests.Jobs;
using Weir.Protocol.Jobs;

/// <summary>Jobs that go on from checkpoints, savepoints and what is left of them.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const string Job = "page-views";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-checkpoints-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ARestartedSilo_DoesNothingAgain_ThatACheckpointCovers()
    {
        Click[] clicks = Clicks(500);
        await using (JobCluster cluster = await StartAsync())
        {
            await cluster.Client.StartJobAsync("ordered-calls");
            await SendAsync(cluster, clicks);
            await cluster.Client
                .WaitForJobAsync("ordered-calls", status => status.Operators.Sum(each => each.Events) >= 500)
                .WaitAsync(JobCluster.Patience);
            await AnsweredAsync(cluster, 500);
            Assert.Equal(500, cluster.Outside.Asked);
        }

        await using (JobCluster cluster = await StartAsync())
        {
            Assert.Equal(2, (await RunningAsync(cluster, "ordered-calls")).Epoch);
            await cluster.Client.SealAsync(PageViews.Clicks);
            await cluster.FinishedAsync("ordered-calls");
            Assert.Equal(0, cluster.Outside.Asked);
            Assert.Equal(500, (await cluster.ReadAllAsync(AskingJob.Answers)).Count);
        }
    }

    /// <summary>Groups have so many keys that they are not copied at once, and all of them change meanwhile.</summary>
    [Fact]
    public async Task ManyKeys_ThatChangeWhileTheyAreCopied_AreWhatTheyWereAtTheBarrier()
    {
        const string job = "counted";
        Click[] clicks = [.. Enumerable.Range(0, 100_000).Select(i => new Click($"/{i}", "ada", new EventTime(i)))];
        var parts = new JobClusterParts { Jobs = [typeof(CountedInNumbers)] };
        await using (JobCluster cluster = await JobCluster.StartAsync(_directory, parts: parts))
        {
            await cluster.Client.StartJobAsync(job);
            for (int round = 0; round < 3; round++)
            {
                Task sending = SendAsync(cluster, clicks);
                await CheckpointAsync(cluster, job);
                await sending;
            }

            await cluster.CaughtUpAsync(job);
        }

        await using (JobCluster cluster = await JobCluster.StartAsync(_directory, parts: parts))
        {
            await RunningAsync(cluster, job);
            await cluster.CaughtUpAsync(job);
            IKeyedView<string, long> counts = cluster.Client.View(job, CountedInNumbers.Counts);
            for (int i = 0; i < clicks.Length; i += 97)
                Assert.Equal(3, (await counts.FindAsync($"/{i}"))!.Value);
        }
    }

    [Fact]
    public async Task DamagedFiles_TakeTheJobBackToAnOlderCheckpoint_AndTheResultStaysExact()
    {
        Click[] clicks = Clicks(6_000);
        await using (JobCluster cluster = await StartAsync())
        {
            await cluster.Client.StartJobAsync(Job);
            for (int part = 0; part < 3; part++)
            {
                await SendAsync(cluster, clicks[(part * 2000)..((part + 1) * 2000)]);
                await cluster.CaughtUpAsync(Job);
                await CheckpointAsync(cluster, Job);
            }

            // Nothing may be complete behind the last one that is damaged.
            await cluster.Client.StopJobAsync(Job);
            await cluster.Client.StartJobAsync(Job);
        }

        string latest = Directory.GetFiles(Path.Combine(_directory, "checkpoints"), "*.manifest", SearchOption.AllDirectories)
            .MaxBy(File.GetLastWriteTimeUtc)!;
        byte[] bytes = await File.ReadAllBytesAsync(latest);
        bytes[bytes.Length / 2] ^= 0x10;
        await File.WriteAllBytesAsync(latest, bytes);
        await using (JobCluster cluster = await StartAsync())
        {
            await RunningAsync(cluster, Job);
            await cluster.Client.SealAsync(PageViews.Clicks);
            await cluster.FinishedAsync(Job);
            Assert.Equal(Expected(clicks), Sorted(await cluster.ReadAllAsync(PageViews.PerMinute)));
        }
    }

    [Fact]
    public async Task AViewAsOfASavepoint_StaysWhatItWas_WhileTheJobGoesOn()
    {
        await using JobCluster cluster = await StartAsync();
        await cluster.Client.StartJobAsync(Job);
        IKeyedView<string, long> view = cluster.Client.View(Job, PageViews.Latest);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await ValueAsync(view, 1);
        CheckpointDescription savepoint = await cluster.Client.TakeSavepointAsync(Job, "before");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "bob", new EventTime(2)));
        await ValueAsync(view, 2);

        ViewAnswer<long>? then = await view.At(ReadAt.AsOf(savepoint.Number)).FindAsync("/home");
        Assert.Equal((1L, (long?)savepoint.Number), (then!.Value, then.Checkpoint));
        await CheckpointAsync(cluster, Job);
        ViewAnswer<long>? last = await view.At(ReadAt.LastCheckpoint).FindAsync("/home");
        Assert.Equal(2, last!.Value);
        Assert.True(last.Checkpoint > savepoint.Number);
        Assert.Null((await view.FindAsync("/home"))!.Checkpoint);
        Assert.Null(await view.At(ReadAt.AsOf(savepoint.Number)).FindAsync("/elsewhere"));
        KeyReport? report = await cluster.Client.Json.At(ReadAt.AsOf(savepoint.Number)).InspectAsync(Job, "count-views", "/home");
        Assert.Equal("1", Assert.Single(report!.Windows).Json);

        var unknown = await Assert.ThrowsAsync<WeirException>(() => view.At(ReadAt.AsOf(99_999)).FindAsync("/home"));
        Assert.Equal(WeirError.UnknownCheckpoint, unknown.Error);
        Assert.Contains("(before)", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhileNobodyAnswersForAKey_ReadsAreOfTheLastCheckpoint()
    {
        var keys = new SilentKeys();
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory, parts: new JobClusterParts { Silo = silo => silo.AddIncomingGrainCallFilter(keys) });
        await cluster.Client.StartJobAsync(Job);
        IKeyedView<string, long> view = cluster.Outsider.View(Job, PageViews.Latest);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await ValueAsync(view, 1);
        await CheckpointAsync(cluster, Job);
        Assert.Null((await view.FindAsync("/home"))!.Checkpoint);

        keys.AreSilent = true;
        ViewAnswer<long>? answer = await view.FindAsync("/home");

        JobStatus status = await cluster.Client.DescribeJobAsync(Job);
        Assert.Equal((1L, status.Checkpoints!.Last!.Number), (answer!.Value, answer.Checkpoint));
        Assert.Null(await view.FindAsync("/elsewhere"));
    }

    [Fact]
    public async Task AStoppedJob_AnswersFromItsLastCheckpoint()
    {
        await using JobCluster cluster = await StartAsync();
        await cluster.Client.StartJobAsync(Job);
        IKeyedView<string, long> view = cluster.Client.View(Job, PageViews.Latest);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await ValueAsync(view, 1);
        JobStatus stopped = await cluster.Client.StopJobAsync(Job, new StopOptions { Savepoint = "end" });
        Assert.Equal(JobState.Stopped, stopped.State);
        CheckpointDescription savepoint = Assert.Single(
            await cluster.Client.ListCheckpointsAsync(Job), each => each.Savepoint == "end");
        ViewAnswer<long>? answer = await view.FindAsync("/home");
        Assert.Equal((1L, (long?)savepoint.Number), (answer!.Value, answer.Checkpoint));

        await cluster.Client.DeleteSavepointAsync(Job, "end");
        Assert.DoesNotContain(await cluster.Client.ListCheckpointsAsync(Job), each => each.Savepoint is not null);
    }

    [Theory]
    [InlineData(OutputChoice.Append, 3)]
    [InlineData(OutputChoice.Fork, 2)]
    [InlineData(OutputChoice.Replace, 2)]
    public async Task AStartFromASavepoint_ReadsOnlyWhatCameSince(OutputChoice outputs, int results)
    {
        await using JobCluster cluster = await StartAsync();
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster, [At(1), At(61_000), At(70_000)]);
        await cluster.CaughtUpAsync(Job);
        await cluster.Client.TakeSavepointAsync(Job, "before");
        await SendAsync(cluster, [At(121_000), At(130_000)]);
        await cluster.CaughtUpAsync(Job);
        await CheckpointAsync(cluster, Job);
        await ReadAsync(cluster, PageViews.PerMinute, 2);
        await cluster.Client.StopJobAsync(Job);

        var undecided = await Assert.ThrowsAsync<WeirException>(
            () => cluster.Client.StartJobAsync(Job, new StartOptions { From = "before" }));
        Assert.Equal(WeirError.IncompatibleState, undecided.Error);
        JobStatus started = await cluster.Client.StartJobAsync(
            Job, new StartOptions { From = "before", Outputs = outputs });
        Assert.Equal((JobState.Running, 2L), (started.State, started.Lineage));
        await cluster.CaughtUpAsync(Job);
        await CheckpointAsync(cluster, Job);
        await ReadAsync(cluster, PageViews.PerMinute, results);
        if (outputs == OutputChoice.Fork)
        {
            Topic<Windowed<string, long>> forked = Topic.Of<Windowed<string, long>>("views-per-minute.2");
            await ReadAsync(cluster, forked, 1);
        }
    }

    [Fact]
    public async Task AJobThatFails_StartsAgain_AsOftenAsItsStrategySays()
    {
        await using JobCluster cluster = await StartAsync(options =>
            options.RestartStrategy = new RestartStrategy.FixedDelay(3, TimeSpan.FromMilliseconds(50)));
        int failures = 0;
        cluster.Outside.Answer = (click, _) => Interlocked.Increment(ref failures) <= 2
            ? throw new InvalidOperationException("not yet")
            : Task.FromResult(click.User);
        await cluster.Client.StartJobAsync("ordered-calls");
        await SendAsync(cluster, [At(1)]);
        await cluster.Client
            .WaitForJobAsync("ordered-calls", status => status.State == JobState.Running && status.Restarts == 2)
            .WaitAsync(JobCluster.Patience);
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync("ordered-calls");
        Assert.Single(await cluster.ReadAllAsync(AskingJob.Answers));
    }

    private Task<JobCluster> StartAsync(Action<WeirOptions>? configure = null) =>
        JobCluster.StartAsync(_directory, configure: configure);

    private static Task<JobStatus> RunningAsync(JobCluster cluster, string job) => cluster.Client
        .WaitForJobAsync(job, status => status.State == JobState.Running)
        .WaitAsync(JobCluster.Patience);

    /// <summary>Waits for a checkpoint of what has been read: one that is begun after this call, if need be.</summary>
    private static async Task CheckpointAsync(JobCluster cluster, string job)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        await cluster.Client
            .WaitForJobAsync(job, status => status.Checkpoints.IsCurrent || status.Checkpoints.Last?.TakenAt > now)
            .WaitAsync(JobCluster.Patience);
    }

    // A call that was in flight at the last checkpoint is made again: an answer that can be read was not.
    private static async Task AnsweredAsync(JobCluster cluster, int answers)
    {
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        while ((await cluster.ReadAllAsync(AskingJob.Answers)).Count < answers)
            patience.Token.ThrowIfCancellationRequested();
    }

    private static async Task ValueAsync(IKeyedView<string, long> view, long value)
    {
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        while ((await view.FindAsync("/home", patience.Token))?.Value != value)
            patience.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Waits until a topic holds so many results; more would be one too many.</summary>
    private static async Task ReadAsync(JobCluster cluster, Topic<Windowed<string, long>> topic, int count)
    {
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        while ((await cluster.ReadAllAsync(topic)).Count is var found && found != count)
        {
            Assert.True(found < count, $"{found} results in place of {count}");
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task SendAsync(JobCluster cluster, Click[] clicks)
    {
        await using Producer<Click> producer = cluster.Client.CreateProducer(PageViews.Clicks);
        foreach (Click[] batch in clicks.Chunk(100))
            await producer.SendBatchAsync(batch);
        await producer.FlushAsync();
    }

    private static Click At(long milliseconds) => new("/home", "ada", new EventTime(milliseconds));

    // In order, so that nothing is late whatever is replayed.
    private static Click[] Clicks(int count) => [.. Enumerable.Range(0, count).Select(i => new Click(
        $"/page{i * 7 % 50}", $"user{i * 13 % 20}", new EventTime(100_000 + i * 50)))];

    private static IEnumerable<Windowed<string, long>> Expected(Click[] clicks)
    {
        var harness = new JobHarness(new PageViews(), new HarnessOptions { Partitions = 4 });
        foreach (Click[] batch in clicks.Chunk(100))
            harness.Send(PageViews.Clicks, batch);
        harness.Seal();
        return Sorted(harness.Read(PageViews.PerMinute));
    }

    private static IEnumerable<Windowed<string, long>> Sorted(IEnumerable<Windowed<string, long>> results) =>
        results.OrderBy(each => each.Window.Start).ThenBy(each => each.Key, StringComparer.Ordinal);

    private sealed class SilentKeys : IIncomingGrainCallFilter
    {
        public volatile bool AreSilent;

        public Task Invoke(IIncomingGrainCallContext context) =>
            AreSilent && (context.InterfaceMethod.DeclaringType == typeof(IKeyGrain)
                || context.InterfaceMethod.Name == nameof(IKeyGroupGrain.FindOfAsync))
                ? throw new TimeoutException("The key does not answer.")
                : context.Invoke();
    }
}
