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
internal sealed class CallRunner
{
    private static readonly ResiliencePropertyKey<Progress> ProgressKey = new("weir-call");
    private readonly EnrichOptions _options;
    private readonly ResiliencePipeline<object?> _pipeline;

    public CallRunner(EnrichOptions options, TimeProvider time)
    {
        _options = options;
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
    public async Task<object?> RunAsync(PendingCall call, CancellationToken closed)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(closed);
        var progress = new Progress(call);
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
        progress.Attempts++;
        Task<object?> attempt = progress.Call.AttemptAsync(context.CancellationToken);

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

    private sealed class Progress(PendingCall call)
    {
        public PendingCall Call => call;

        public int Attempts { get; set; }

        public Exception? LastFault { get; set; }

        public TimeoutException TimedOut(TimeSpan limit) => new(
            $"no result came within {limit}, in {Attempts} {(Attempts == 1 ? "attempt" : "attempts")}"
            + (LastFault is null ? "" : $", the last of which failed: {LastFault.Message}"),
            LastFault);
    }
}
