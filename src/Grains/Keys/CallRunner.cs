namespace Weir.Grains.Keys;

using Polly;
using Polly.Retry;
using Polly.Timeout;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>
/// Makes one call to the outside with all its attempts. Invariant: it completes when the time is up or the epoch ends,
/// whether or not the user's function takes notice of its token.
/// </summary>
/// <remarks>
/// The first attempt begins without a timer. If it is the only one and gives a result at once, as one that finds what it
/// looks for in a cache does, that was all; otherwise the pipeline takes it over, and the time is measured from then on.
/// </remarks>
internal sealed class CallRunner
{
    private static readonly ResiliencePropertyKey<Progress> ProgressKey = new("weir-call");
    private readonly EnrichOptions _options;
    private readonly CancellationToken _closed;
    private readonly ResiliencePipeline<object?> _pipeline;
    private CancellationTokenSource? _spare;

    /// <summary>Makes calls in the way of the options, until the epoch ends.</summary>
    public CallRunner(EnrichOptions options, TimeProvider time, CancellationToken closed)
    {
        _options = options;
        _closed = closed;
        var pipeline = new ResiliencePipelineBuilder<object?> { TimeProvider = time };
        if (options.Timeout != Timeout.InfiniteTimeSpan)
            pipeline.AddTimeout(new TimeoutStrategyOptions { Timeout = options.Timeout });
        if (options.Retry is { Attempts: > 1 } retry)
            pipeline.AddRetry(Attempts(retry));
        _pipeline = pipeline.Build();
    }

    /// <summary>The result of the last attempt.</summary>
    /// <exception cref="TimeoutException">The time was up.</exception>
    /// <exception cref="OperationCanceledException">The epoch has ended.</exception>
    /// <exception cref="Exception">What the last attempt failed with.</exception>
    public ValueTask<object?> RunAsync(PendingCall call)
    {
        CancellationTokenSource source = Interlocked.Exchange(ref _spare, null)
            ?? CancellationTokenSource.CreateLinkedTokenSource(_closed);
        Task<object?> attempt = call.AttemptAsync(source.Token);

        // With more attempts the pipeline asks whether the result will do, also of a function that throws when asked.
        if (!attempt.IsCompletedSuccessfully || _options.Retry is { Attempts: > 1 })
            return new ValueTask<object?>(GoOnAsync(new Progress(call, attempt, source)));

        // A token that nobody looks at any more serves the next call. Without a place for it, it must let go of the epoch.
        if (Interlocked.CompareExchange(ref _spare, source, null) is not null)
            source.Dispose();
        return new ValueTask<object?>(attempt.Result);
    }

    private async Task<object?> GoOnAsync(Progress progress)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(_closed);
        context.Properties.Set(ProgressKey, progress);
        try
        {
            return await _pipeline.ExecuteAsync(AttemptAsync, context, progress);
        }
        catch (TimeoutRejectedException)
        {
            throw progress.TimedOut(_options.Timeout);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static async ValueTask<object?> AttemptAsync(ResilienceContext context, Progress progress)
    {
        Task<object?> attempt = progress.Attempts++ == 0
            ? progress.First(context.CancellationToken)
            : progress.Call.AttemptAsync(context.CancellationToken);

        // Nobody may be left to see an attempt fail that is no longer waited for.
        attempt.Ignore();
        return await attempt.WaitAsync(context.CancellationToken);
    }

    private static RetryStrategyOptions<object?> Attempts(EnrichRetry retry) => new()
    {
        MaxRetryAttempts = retry.Attempts - 1,
        Delay = retry.Delay,
        MaxDelay = retry.MaxDelay,
        BackoffType = retry.Growth == RetryGrowth.Exponential
            ? DelayBackoffType.Exponential
            : DelayBackoffType.Constant,
        ShouldHandle = attempt => new ValueTask<bool>(IsRetried(retry, attempt.Context, attempt.Outcome)),
    };

    private static bool IsRetried(EnrichRetry retry, ResilienceContext context, Outcome<object?> outcome)
    {
        // The time is up or the epoch has ended, and that is what made the attempt fail.
        if (context.CancellationToken.IsCancellationRequested)
            return false;
        Progress progress = context.Properties.GetValue(ProgressKey, null!);
        progress.LastFault = outcome.Exception;
        return outcome.Exception is { } fault
            ? retry.When?.Invoke(fault) != false
            : progress.Call.IsRetried(outcome.Result);
    }

    private sealed class Progress(PendingCall call, Task<object?> first, CancellationTokenSource source)
    {
        public PendingCall Call => call;

        public int Attempts { get; set; }

        public Exception? LastFault { get; set; }

        /// <summary>The attempt that has begun; from now on it is cancelled together with another token.</summary>
        public Task<object?> First(CancellationToken cancellation)
        {
            CancellationTokenRegistration together = cancellation.UnsafeRegister(
                static state => ((CancellationTokenSource)state!).Cancel(), source);
            first.ContinueWith(
                _ =>
                {
                    together.Dispose();
                    source.Dispose();
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default).Ignore();
            return first;
        }

        public TimeoutException TimedOut(TimeSpan limit) => new(
            $"no result came within {limit}, in {Attempts} {(Attempts == 1 ? "attempt" : "attempts")}"
            + (LastFault is null ? "" : $", the last of which failed: {LastFault.Message}"),
            LastFault);
    }
}
