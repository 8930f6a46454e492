namespace Weir.Grains.Tests.Jobs;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

public sealed class JobTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-jobs-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Windows_OnSilos_GiveWhatTheHarnessGives(short silos)
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory, silos);
        Click[] clicks = Clicks(20_000);
        await cluster.Client.StartJobAsync("page-views");
        await SendAsync(cluster, clicks);
        await cluster.Client.SealAsync(PageViews.Clicks);
        JobStatus status = await cluster.FinishedAsync("page-views");

        var harness = new JobHarness(new PageViews(), new HarnessOptions { Partitions = 4 });
        foreach (Click[] batch in clicks.Chunk(100))
            harness.Send(PageViews.Clicks, batch);
        harness.Seal();
        Assert.Equal(
            Sorted(harness.Read(PageViews.PerMinute)),
            Sorted(await cluster.ReadAllAsync(PageViews.PerMinute)));
        Assert.Equal(
            harness.Read(PageViews.TooLate).Count + harness.Read(PageViews.PerMinute).Sum(each => each.Value),
            status.Operators.Single().Events);
        Assert.Equal(harness.Read(PageViews.TooLate).Count, (await cluster.ReadAllAsync(PageViews.TooLate)).Count);
    }

    [Theory]
    [InlineData(1, 4096)]
    [InlineData(1, 64)]
    [InlineData(2, 64)]
    public async Task Shuffles_WithSmallInboxes_LoseNothing(short silos, int inbox)
    {
        await using JobCluster cluster =
            await JobCluster.StartAsync(_directory, silos, options => options.InboxEvents = inbox);
        Click[] clicks = [.. Clicks(20_000).OrderBy(click => click.At)];
        await cluster.Client.StartJobAsync("busiest-users");
        await SendAsync(cluster, clicks);
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync("busiest-users");

        var expected = clicks
            .GroupBy(click => click.At.Milliseconds / 60_000)
            .Select(minute => minute
                .GroupBy(click => click.User)
                .OrderByDescending(user => user.Count())
                .ThenBy(user => user.Key)
                .Select(user => new BusiestUsers.Busiest(new EventTime(minute.Key * 60_000), user.Key, user.Count()))
                .First());
        Assert.Equal(
            expected.OrderBy(each => each.Minute),
            (await cluster.ReadAllAsync(BusiestUsers.Winners)).OrderBy(each => each.Minute));
    }

    [Fact]
    public async Task ASingleEvent_OnAnIdleJob_IsAppliedAtOnce()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("page-views");
        IKeyedView<string, long> view = cluster.Client.View("page-views", PageViews.Latest);
        Assert.Null(await view.FindAsync("/home"));

        for (int i = 1; i <= 20; i++)
        {
            long sent = Stopwatch.GetTimestamp();
            await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(i * 10)));
            ViewAnswer<long>? answer;
            do
                answer = await view.FindAsync("/home");
            while (answer?.Value != i && Stopwatch.GetElapsedTime(sent) < JobCluster.Patience);
            Assert.Equal(i, answer!.Value);
            Assert.False(answer.IsFinal);
            Assert.True(Stopwatch.GetElapsedTime(sent) < TimeSpan.FromSeconds(2), "a single event waited for others");
        }

        KeyReport? report = await cluster.Client.InspectAsync("page-views", "count-views", "/home");
        WindowReport window = Assert.Single(report!.Windows);
        Assert.Equal(("20", new EventTime(60_000)), (window.Json, window.Window.End));
        Assert.Equal(new EventTime(59_999), Assert.Single(report.Timers).Time);
    }

    [Fact]
    public async Task Keys_AreListedInPages()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("page-views");
        Click[] clicks = [.. Enumerable.Range(0, 500).Select(i => new Click($"/page{i}", "ada", new EventTime(i)))];
        await cluster.Client.SendAsync(PageViews.Clicks, clicks);
        await cluster.Client.WaitForJobAsync("page-views", status => status.Operators.Any(each => each.Events == 500))
            .WaitAsync(JobCluster.Patience);

        var keys = new List<string>();
        await foreach (string key in cluster.Client.View("page-views", PageViews.Latest).ListKeysAsync(pageSize: 7))
            keys.Add(key);
        Assert.Equal(clicks.Select(click => click.Page).Order(), keys.Order());
    }

    [Fact]
    public async Task AFailingFunction_EndsTheJobAndSaysWhere()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("fragile");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("fine", "ada", new EventTime(1)));
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("poison", "bob", new EventTime(2)));
        JobStatus status = await cluster.Client
            .WaitForJobAsync("fragile", each => each.State == JobState.Failed)
            .WaitAsync(JobCluster.Patience);

        Assert.Contains("'count-fragile'", status.Failure, StringComparison.Ordinal);
        Assert.Contains("'poison'", status.Failure, StringComparison.Ordinal);
        Assert.Matches("at offset [0-9]+ of clicks/[0-9]: InvalidOperationException: this page is poison", status.Failure);
    }

    [Fact]
    public async Task ARestartedJob_GoesOnWhereItWas()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("page-views");
        await SendAsync(cluster, Clicks(5_000));
        await cluster.CaughtUpAsync("page-views");
        await cluster.Client.StopJobAsync("page-views");
        JobStatus restarted = await cluster.Client.StartJobAsync("page-views");
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync("page-views");

        Assert.Equal(2, restarted.Epoch);
        List<Windowed<string, long>> results = await cluster.ReadAllAsync(PageViews.PerMinute);
        Assert.Equal(results.Count, results.DistinctBy(each => (each.Key, each.Window)).Count());
    }

    [Fact]
    public async Task AFinishedJob_StaysFinished_UnlessItIsToBeginAnew()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("page-views");
        await SendAsync(cluster, Clicks(1_000));
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync("page-views");
        List<Windowed<string, long>> first = await cluster.ReadAllAsync(PageViews.PerMinute);
        JobStatus again = await cluster.Client.StartJobAsync("page-views");
        Assert.Equal((JobState.Finished, 1L), (again.State, again.Epoch));
        var undecided = await Assert.ThrowsAsync<WeirException>(
            () => cluster.Client.StartJobAsync("page-views", new StartOptions { Anew = true }));
        Assert.Equal(WeirError.IncompatibleState, undecided.Error);
        Assert.Contains("'views-per-minute'", undecided.Message, StringComparison.Ordinal);
        for (long epoch = 2; epoch <= 3; epoch++)
        {
            var anew = new StartOptions { Anew = true, Outputs = OutputChoice.Replace };
            Assert.Equal(epoch, (await cluster.Client.StartJobAsync("page-views", anew)).Epoch);
            await cluster.FinishedAsync("page-views");
            Assert.Equal(Sorted(first), Sorted(await cluster.ReadAllAsync(PageViews.PerMinute)));
        }
    }

    [Fact]
    public async Task ARunningJob_ComesBackAfterARestartOfTheSilo()
    {
        await using (JobCluster cluster = await JobCluster.StartAsync(_directory))
        {
            await cluster.Client.StartJobAsync("page-views");
            await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
            await cluster.CaughtUpAsync("page-views");
        }

        await using JobCluster again = await JobCluster.StartAsync(_directory);
        await again.Client.SendAsync(PageViews.Clicks, new Click("/home", "bob", new EventTime(2)));
        JobStatus status = await again.Client
            .WaitForJobAsync("page-views", each => each.State == JobState.Running && each.Operators[0].Events == 2)
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(2, status.Epoch);
        Assert.Equal(2, (await again.Client.View("page-views", PageViews.Latest).FindAsync("/home"))!.Value);
    }

    [Fact]
    public async Task Retention_RemovesWhatNoRunningJobHasToRead()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory, configure: options => options.RetentionPeriod = TimeSpan.FromMilliseconds(100));
        await cluster.Client.CreateTopicAsync(
            PageViews.Clicks, new TopicOptions { Partitions = 1, RetentionBytes = 10_000 });
        await SendAsync(cluster, Clicks(2_000));
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        TopicDescription? topic;
        do
            topic = await cluster.Client.FindTopicAsync(PageViews.Clicks, patience.Token);
        while (topic!.Partitions[0].First == 0);
        Assert.InRange(topic.Partitions[0].First, 1, 2_000);

        // What is left is where a job begins.
        await cluster.Client.StartJobAsync("page-views");
        await cluster.Client.SealAsync(PageViews.Clicks);
        JobStatus status = await cluster.FinishedAsync("page-views");
        Assert.InRange(status.Operators.Single().Events, 1, 2_000 - topic.Partitions[0].First);
    }

    [Fact]
    public async Task ProcessingTimers_FireOnAnIdleJob()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("quiet-pages");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        await foreach (TopicEvent<string> quiet in cluster.Client.ReadAsync(
            QuietPages.Quiet, new ReadOptions { Follow = true }, patience.Token))
        {
            Assert.Equal("/home", quiet.Value);
            return;
        }

        Assert.Fail("The topic ended without the alert.");
    }

    [Fact]
    public async Task WrongQuestions_GetOneClearSentence()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        IWeirClient client = cluster.Client;
        Assert.Equal(WeirError.UnknownJob, await ErrorOf(() => client.StartJobAsync("nothing")));
        Assert.Equal(
            WeirError.JobNotRunning,
            await ErrorOf(() => client.View("page-views", PageViews.Latest).FindAsync("/home")));
        await client.StartJobAsync("page-views");
        Assert.Equal(
            WeirError.UnknownOperator, await ErrorOf(() => client.InspectAsync("page-views", "nothing", "/home")));
        Assert.Equal(
            WeirError.UnknownOperator,
            await ErrorOf(() => client.View("page-views", new View<string, long>("nothing")).FindAsync("/home")));
    }

    private static async Task<WeirError> ErrorOf(Func<Task> call) =>
        (await Assert.ThrowsAsync<WeirException>(call)).Error;

    private static async Task SendAsync(JobCluster cluster, Click[] clicks)
    {
        await using Producer<Click> producer = cluster.Client.CreateProducer(PageViews.Clicks);
        foreach (Click[] batch in clicks.Chunk(100))
            await producer.SendBatchAsync(batch);
        await producer.FlushAsync();
    }

    // 50 pages and 20 users, one click every 50 ms, out of order by up to 7 s: some are later than the bound of 5 s.
    private static Click[] Clicks(int count) => [.. Enumerable.Range(0, count).Select(i => new Click(
        $"/page{i * 7 % 50}", $"user{i * 13 % 20}", new EventTime(100_000 + i * 50 - i * 7919 % 7000)))];

    private static IEnumerable<Windowed<string, long>> Sorted(IEnumerable<Windowed<string, long>> results) =>
        results.OrderBy(each => each.Window.Start).ThenBy(each => each.Key, StringComparer.Ordinal);
}
