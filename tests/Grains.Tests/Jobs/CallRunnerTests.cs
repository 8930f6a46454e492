namespace Weir.Grains.Tests.Jobs;

using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Grains.Keys;
using Weir.Grains.Tests.Logs;

/// <summary>The attempts of one call, on a clock that a test moves.</summary>
public sealed class CallRunnerTests
{
    private readonly ManualTime _time = new();
    private readonly List<TaskCompletionSource<string>> _attempts = [];
    private readonly List<CancellationToken> _tokens = [];

    [Fact]
    public async Task ACall_ThatAnswersInTime_HasItsAnswer()
    {
        Task<object?> call = Run(new EnrichOptions { Timeout = TimeSpan.FromSeconds(5) });
        _time.Move(TimeSpan.FromSeconds(4.9));
        _attempts[0].SetResult("fine");
        Assert.Equal("fine", await call);
        Assert.Equal(0, _time.Armed);
    }

    [Fact]
    public async Task AnAnswerAtOnce_NeedsNoTimer()
    {
        IGroupCalls calls = AskedCalls.Of(
            new EnrichOptions { Timeout = TimeSpan.FromSeconds(5) }, (_, _) => Task.FromResult("fine"), events: 3);
        var runner = new CallRunner(calls.Options, _time, CancellationToken.None);
        while (calls.TryBegin(out PendingCall? call))
        {
            ValueTask<object?> answer = runner.RunAsync(call);
            Assert.True(answer.IsCompleted);
            Assert.Equal("fine", await answer);
            Assert.Equal(0, _time.Armed);
        }
    }

    [Fact]
    public async Task AnAnswerAtOnce_ThatWillNotDo_IsAskedForAgain()
    {
        var answers = new Queue<string>(["again", "fine"]);
        var options = new EnrichOptions { Retry = new EnrichRetry { Attempts = 3, Delay = TimeSpan.Zero } };
        IGroupCalls calls = AskedCalls.Of(options, (_, _) => Task.FromResult(answers.Dequeue()));
        Assert.True(calls.TryBegin(out PendingCall? call));
        Assert.Equal("fine", await new CallRunner(calls.Options, _time, CancellationToken.None).RunAsync(call));
    }

    [Fact]
    public async Task TheTime_IsUp_WhetherOrNotTheFunctionTakesNotice()
    {
        Task<object?> call = Run(new EnrichOptions { Timeout = TimeSpan.FromSeconds(5) });
        _time.Move(TimeSpan.FromSeconds(4.999));
        Assert.False(call.IsCompleted);
        Assert.False(_tokens[0].IsCancellationRequested);
        _time.Move(TimeSpan.FromSeconds(0.001));
        var fault = await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal("no result came within 00:00:05, in 1 attempt", fault.Message);
        Assert.True(_tokens[0].IsCancellationRequested);
    }

    [Fact]
    public async Task TheTime_CoversAllAttempts_AndTheMessageNamesTheLastFault()
    {
        Task<object?> call = Run(new EnrichOptions
        {
            Timeout = TimeSpan.FromSeconds(5),
            Retry = new EnrichRetry { Attempts = 100, Delay = TimeSpan.FromSeconds(2) },
        });
        await FailAsync(0, "busy");
        _time.Move(TimeSpan.FromSeconds(2));
        await AttemptsAsync(2);
        await FailAsync(1, "still busy");
        _time.Move(TimeSpan.FromSeconds(2));
        await AttemptsAsync(3);
        _time.Move(TimeSpan.FromSeconds(1));
        var fault = await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal(
            "no result came within 00:00:05, in 3 attempts, the last of which failed: still busy", fault.Message);
        Assert.Equal("still busy", fault.InnerException!.Message);
    }

    [Theory]
    [InlineData("Fixed", 4, new[] { 2.0, 2, 2, 2 })]
    [InlineData("Exponential", 4, new[] { 2.0, 4, 5, 5 })]
    public async Task TheWait_GrowsAsStated(string growth, int waits, double[] seconds)
    {
        Task<object?> call = Run(new EnrichOptions
        {
            Timeout = Timeout.InfiniteTimeSpan,
            Retry = new EnrichRetry
            {
                Attempts = waits + 1,
                Delay = TimeSpan.FromSeconds(2),
                Growth = Enum.Parse<RetryGrowth>(growth),
                MaxDelay = TimeSpan.FromSeconds(5),
            },
        });
        for (int i = 0; i < waits; i++)
        {
            await FailAsync(i, "busy");
            _time.Move(TimeSpan.FromSeconds(seconds[i] - 0.001));
            Assert.Equal(i + 1, _attempts.Count);
            _time.Move(TimeSpan.FromSeconds(0.001));
            await AttemptsAsync(i + 2);
        }

        _attempts[^1].SetException(new InvalidOperationException("at last"));
        Assert.Equal("at last", (await Assert.ThrowsAsync<InvalidOperationException>(() => call)).Message);
        Assert.Equal(waits + 1, _attempts.Count);
    }

    [Fact]
    public async Task OnlyNamedExceptionsAndResults_AreTriedAgain()
    {
        var options = new EnrichOptions
        {
            Retry = new EnrichRetry
            {
                Attempts = 3,
                Delay = TimeSpan.Zero,
                When = fault => fault is TimeoutException,
            },
        };
        Task<object?> call = Run(options);
        _attempts[0].SetException(new TimeoutException("late"));
        await AttemptsAsync(2);
        _attempts[1].SetResult("again");
        await AttemptsAsync(3);
        _attempts[2].SetResult("again");
        Assert.Equal("again", await call);

        _attempts.Clear();
        call = Run(options);
        _attempts[0].SetException(new InvalidOperationException("no"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call);
        Assert.Single(_attempts);
    }

    [Fact]
    public async Task TheEndOfTheEpoch_EndsTheCall_WithoutAnotherAttempt()
    {
        using var closed = new CancellationTokenSource();
        var options = new EnrichOptions { Retry = new EnrichRetry { Attempts = 3, Delay = TimeSpan.Zero } };
        Task<object?> call = Run(options, closed.Token);
        await closed.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(_tokens[0].IsCancellationRequested);
        Assert.Single(_attempts);
        Assert.Equal(0, _time.Armed);
    }

    private Task<object?> Run(EnrichOptions options, CancellationToken closed = default)
    {
        IGroupCalls calls = AskedCalls.Of(options, (_, cancellation) => Ask(cancellation));
        Assert.True(calls.TryBegin(out PendingCall? call));
        return new CallRunner(calls.Options, _time, closed).RunAsync(call).AsTask();
    }

    private Task<string> Ask(CancellationToken cancellation)
    {
        var attempt = new TaskCompletionSource<string>();
        _tokens.Add(cancellation);
        _attempts.Add(attempt);
        return attempt.Task;
    }

    private async Task FailAsync(int attempt, string reason)
    {
        int armed = _time.Armed;
        _attempts[attempt].SetException(new InvalidOperationException(reason));
        await UntilAsync(() => _time.Armed > armed);
    }

    private Task AttemptsAsync(int count) => UntilAsync(() => _attempts.Count == count);

    // What follows an attempt may run on another thread.
    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
