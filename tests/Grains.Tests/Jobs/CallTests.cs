namespace Weir.Grains.Tests.Jobs;

using System.Threading.Channels;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Errors;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Calls to the outside of jobs on silos.</summary>
public sealed class CallTests : IDisposable
{
    private const int Events = 10_000;
    private const int Partitions = 4;
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-calls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("ordered-calls", 1)]
    [InlineData("ordered-calls", 2)]
    [InlineData("unordered-calls", 1)]
    [InlineData("unordered-calls", 2)]
    public async Task AnswersOutOfOrder_LoseNothing_AndOvertakeNoTime(string job, short silos)
    {
        await using JobCluster cluster =
            await JobCluster.StartAsync(_directory, silos, options => options.InboxEvents = 64);
        var questions = new Questions();
        cluster.Outside.Answer = questions.AskAsync;
        await cluster.Client.StartJobAsync(job);
        Task<int> overtaking = questions.AnswerLatestFirstAsync(Events);
        Click[] clicks = await SendAsync(cluster, Events);
        await cluster.FinishedAsync(job);

        Assert.True(await overtaking > 0, "All answers came in order: nothing was tried.");
        Assert.InRange(cluster.Outside.MostInFlight, 2, Partitions * 50);
        Assert.Equal(Events, cluster.Outside.Asked);
        var perPage = (await AnswersAsync(cluster)).ToLookup(each => each.Page);
        foreach (IGrouping<string, Click> page in clicks.GroupBy(click => click.Page))
        {
            var expected = page.Select(click => new Answered(click.Page, click.At, $"{click.User}?"));
            Assert.Equal(
                job == "ordered-calls" ? expected : expected.OrderBy(each => each.At),
                job == "ordered-calls" ? perPage[page.Key] : perPage[page.Key].OrderBy(each => each.At));
        }

        // An answer that a watermark had overtaken would be late for its window and missing in the count.
        Assert.Equal(
            clicks.GroupBy(click => (click.Page, Minute: click.At.Milliseconds / 60_000))
                .Select(each => (each.Key.Page, each.Key.Minute, Count: (long)each.Count()))
                .Order(),
            (await cluster.ReadAllAsync(AskingJob.PerMinute))
                .Select(each => (each.Key, each.Window.Start.Milliseconds / 60_000, each.Value))
                .Order());
    }

    [Fact]
    public async Task AJob_EndsWhenTheLastCallHas()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        var questions = new Questions();
        cluster.Outside.Answer = questions.AskAsync;
        await cluster.Client.StartJobAsync("ordered-calls");
        await SendAsync(cluster, 100);
        await questions.OpenedAsync(100);
        await cluster.CaughtUpAsync("ordered-calls");
        JobStatus status = await cluster.Client.WaitForJobAsync("ordered-calls", _ => true);
        Assert.Equal((JobState.Running, 100L), (status.State, status.Operators[0].Events));
        Assert.Empty(await AnswersAsync(cluster));

        await questions.AnswerLatestFirstAsync(0);
        await cluster.FinishedAsync("ordered-calls");
        Assert.Equal(100, (await AnswersAsync(cluster)).Count);
    }

    [Fact]
    public async Task AnOutsideThatDoesNotAnswer_HoldsUpTheSources()
    {
        await using JobCluster cluster =
            await JobCluster.StartAsync(_directory, configure: options => options.InboxEvents = 64);
        var questions = new Questions();
        cluster.Outside.Answer = questions.AskAsync;
        await cluster.Client.StartJobAsync("unordered-calls");
        Click[] clicks = await SendAsync(cluster, 50_000);
        await questions.OpenedAsync(Partitions * 50);

        // Another job has read everything meanwhile, so this one has had the time to.
        await cluster.Client.StartJobAsync("page-views");
        await cluster.FinishedAsync("page-views");
        JobStatus status = await cluster.Client.WaitForJobAsync("unordered-calls", _ => true);
        Assert.InRange(status.Sources.Sum(source => source.Next), 1, clicks.Length - 1);

        Task answered = questions.AnswerLatestFirstAsync(clicks.Length);
        await cluster.FinishedAsync("unordered-calls");
        await answered;
        Assert.Equal(clicks.Length, (await AnswersAsync(cluster)).Count);
        Assert.Equal(Partitions * 50, cluster.Outside.MostInFlight);
    }

    [Fact]
    public async Task AFailedCall_EndsTheJobAndSaysWhere()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        cluster.Outside.Answer = (_, _) => throw new InvalidOperationException("the line is dead");
        await cluster.Client.StartJobAsync("retried-calls");
        SendReceipt sent =
            await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1500)));
        JobStatus status = await cluster.Client
            .WaitForJobAsync("retried-calls", each => each.State == JobState.Failed)
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(
            $"The operator 'ask' failed on the event of {new EventTime(1500)} at offset {sent.Offset} of "
            + $"clicks/{sent.Partition}: InvalidOperationException: the line is dead",
            status.Failure);
        Assert.Equal(3, cluster.Outside.Asked);
    }

    [Fact]
    public async Task ACallThatFailsAtFirst_IsMadeAgain()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        cluster.Outside.Answer = (click, _) => cluster.Outside.Asked < 3
            ? throw new InvalidOperationException("busy")
            : Task.FromResult($"try {cluster.Outside.Asked}");
        await cluster.Client.StartJobAsync("retried-calls");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync("retried-calls");
        Assert.Equal("try 3", Assert.Single(await AnswersAsync(cluster)).Text);
    }

    [Fact]
    public async Task ACallThatTakesTooLong_GoesOnWithItsFallback()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        var never = new TaskCompletionSource<string>();
        cluster.Outside.Answer = (_, _) => never.Task;
        await cluster.Client.StartJobAsync("hurried-calls");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync("hurried-calls");
        Assert.Equal(nameof(TimeoutException), Assert.Single(await AnswersAsync(cluster)).Text);
    }

    [Fact]
    public async Task ACallThatFailsForGood_IsADeadLetter_AndTheRestGoesOn()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        cluster.Outside.Answer = (click, _) => click.User == "poison"
            ? throw new InvalidOperationException("no such user")
            : Task.FromResult(click.User);
        await cluster.Client.StartJobAsync("lenient-calls");
        var poison = new Click("/home", "poison", new EventTime(2));
        IReadOnlyList<SendReceipt> sent = await cluster.Client.SendAsync(
            PageViews.Clicks,
            [new Click("/home", "ada", new EventTime(1)), poison, new Click("/home", "bob", new EventTime(3))]);
        await cluster.Client.SealAsync(PageViews.Clicks);
        JobStatus status = await cluster.FinishedAsync("lenient-calls");
        Assert.Equal(["ada", "bob"], (await AnswersAsync(cluster)).Select(each => each.Text));
        Assert.Equal(
            new DeadLetter<Click>(
                poison,
                "InvalidOperationException: no such user",
                "ask",
                "",
                "clicks",
                sent[1].Partition,
                sent[1].Offset,
                new EventTime(2)),
            Assert.Single(await cluster.ReadAllAsync(LenientCalls.Unanswered)));
        Assert.Equal(1, status.Operators[0].DeadLetters);
    }

    [Fact]
    public async Task StoppingAJob_CancelsItsCalls_AndALaterStartMakesThemAgain()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        var questions = new Questions();
        cluster.Outside.Answer = questions.AskAsync;
        await cluster.Client.StartJobAsync("ordered-calls");
        await SendAsync(cluster, 20);
        await questions.OpenedAsync(20);
        await cluster.Client.StopJobAsync("ordered-calls");
        await questions.CancelledAsync(20);
        Assert.Empty(await AnswersAsync(cluster));

        cluster.Outside.Answer = (click, _) => Task.FromResult(click.User);
        await cluster.Client.StartJobAsync("ordered-calls");
        await cluster.FinishedAsync("ordered-calls");
        Assert.Equal((20, 40), ((await AnswersAsync(cluster)).Count, cluster.Outside.Asked));
    }

    [Fact]
    public async Task AnOperatorThatCalls_HasNoKeysToAskFor()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("ordered-calls");
        var refused = await Assert.ThrowsAsync<WeirException>(() =>
            cluster.Client.InspectAsync("ordered-calls", "ask", "/home"));
        Assert.Equal(WeirError.UnknownOperator, refused.Error);
        Assert.Contains("has no keys", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Clicks of 16 pages, one a second in each partition and in order of time; then the end.</summary>
    private static async Task<Click[]> SendAsync(JobCluster cluster, int count)
    {
        Click[] clicks = [.. Enumerable.Range(0, count).Select(i =>
            new Click($"/page{i % 16}", $"user{i}", new EventTime(i * 1000L)))];
        await using Producer<Click> producer = cluster.Client.CreateProducer(PageViews.Clicks);
        foreach (Click[] batch in clicks.Chunk(100))
            await producer.SendBatchAsync(batch);
        await producer.FlushAsync();
        await cluster.Client.SealAsync(PageViews.Clicks);
        return clicks;
    }

    private static async Task<List<Answered>> AnswersAsync(JobCluster cluster) =>
        await cluster.ReadAllAsync(AskingJob.Answers);

    /// <summary>Questions that a test answers in an order of its own.</summary>
    private sealed class Questions
    {
        private readonly Channel<Question> _asked = Channel.CreateUnbounded<Question>();
        private readonly List<Question> _open = [];
        private readonly Channel<Click> _cancelled = Channel.CreateUnbounded<Click>();

        public Task<string> AskAsync(Click click, CancellationToken cancellation)
        {
            var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            cancellation.Register(() => _cancelled.Writer.TryWrite(click));
            _asked.Writer.TryWrite(new Question(click, answer));
            return answer.Task;
        }

        /// <summary>Waits until so many are open.</summary>
        public async Task OpenedAsync(int count)
        {
            using var patience = new CancellationTokenSource(JobCluster.Patience);
            while (_open.Count < count)
                _open.Add(await _asked.Reader.ReadAsync(patience.Token));
        }

        /// <summary>Waits until so many have been given up.</summary>
        public async Task CancelledAsync(int count)
        {
            using var patience = new CancellationTokenSource(JobCluster.Patience);
            for (int i = 0; i < count; i++)
                await _cancelled.Reader.ReadAsync(patience.Token);
        }

        /// <summary>
        /// Answers so many, or those that are open, the latest of those that are open first; gives how often one
        /// overtook another.
        /// </summary>
        public async Task<int> AnswerLatestFirstAsync(int count)
        {
            int overtaking = 0;
            for (int answered = 0; answered < count || _open.Count > 0; answered++)
            {
                while (_asked.Reader.TryRead(out Question? question))
                    _open.Add(question);
                if (_open.Count == 0)
                    await OpenedAsync(1);
                Question latest = _open[^1];
                _open.RemoveAt(_open.Count - 1);
                overtaking += _open.Count > 0 ? 1 : 0;
                latest.Answer.SetResult($"{latest.Click.User}?");
            }

            return overtaking;
        }

        private sealed record Question(Click Click, TaskCompletionSource<string> Answer);
    }
}
