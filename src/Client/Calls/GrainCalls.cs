namespace Weir.Client.Calls;

using Orleans.Runtime;
using Weir.Contracts;

/// <summary>
/// Calls grains: repeats what got no answer, or may get none because a gateway has gone, and turns what Orleans throws
/// into <see cref="WeirException"/>s. For calls that may be repeated without harm.
/// </summary>
internal sealed class GrainCalls(TimeSpan retryFor, TimeProvider clock, GatewayWatch gateways)
{
    // Longer than such a call takes when all is well.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int MostAtOnce = 6;

    public TimeProvider Clock => clock;

    public GatewayWatch Gateways => gateways;

    public TimeSpan RetryFor => retryFor;

    /// <summary>Calls until there is an answer or the time is used up.</summary>
    /// <param name="call">The call.</param>
    /// <param name="what">What it does, to follow "to": <c>seal the topic 'clicks'</c>.</param>
    /// <param name="cancellation">Stops the wait.</param>
    public Task<TResult> AskAsync<TResult>(
        Func<Task<TResult>> call, string what, CancellationToken cancellation) =>
        RepeatAsync(_ => call(), what, cancellation);

    /// <summary>
    /// As <see cref="AskAsync{TResult}"/>, and asks again beside an attempt that says nothing for some seconds; the first
    /// answer counts. A call to a silo that has just died is answered by nobody, and told so only after half a minute.
    /// </summary>
    /// <param name="call">The call; it must do no harm to make it again while another one is under way.</param>
    /// <param name="what">What it does, to follow "to".</param>
    /// <param name="cancellation">Stops the wait.</param>
    public Task<TResult> InsistAsync<TResult>(
        Func<Task<TResult>> call, string what, CancellationToken cancellation) =>
        RepeatAsync(given => FirstAnswerAsync(call, given), what, cancellation);

    private async Task<TResult> RepeatAsync<TResult>(
        Func<CancellationToken, Task<TResult>> call, string what, CancellationToken cancellation)
    {
        var backoff = new Backoff(retryFor, clock);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return await AnswerAsync(call, cancellation).ConfigureAwait(false);
            }
            catch (Exception fault) when (IsNoAnswer(fault))
            {
                if (!await backoff.PauseAsync(cancellation).ConfigureAwait(false))
                    throw NoAnswer(what, fault);
            }
        }
    }

    public Task AskAsync(Func<Task> call, string what, CancellationToken cancellation) => AskAsync(
        async () =>
        {
            await call().ConfigureAwait(false);
            return true;
        },
        what,
        cancellation);

    /// <summary>Calls once.</summary>
    public static async Task<TResult> AskOnceAsync<TResult>(
        Func<Task<TResult>> call, string what, CancellationToken cancellation)
    {
        try
        {
            return await call().WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (IsNoAnswer(fault))
        {
            throw NoAnswer(what, fault);
        }
    }

    /// <summary>Whether a call has no answer, so that its outcome is unknown and repeating it makes sense.</summary>
    public static bool IsNoAnswer(Exception fault) => fault is WeirException { Error: WeirError.Unavailable }
        or TimeoutException
        or (OrleansException and not WrappedException and not GrainExtensionNotInstalledException);

    /// <summary>
    /// What the caller is told when the time is used up. Of what Orleans says the first line is enough; of a time that ran
    /// out it says only who was called.
    /// </summary>
    public static WeirException NoAnswer(string what, Exception fault) => new(
        WeirError.Unavailable,
        fault is WeirException ? $"Weir could not {what}: {fault.Message}"
        : $"Weir did not answer the request to {what}; check that a silo runs at the gateway and is not overloaded. "
        + (fault is TimeoutException
            ? "The last call got no answer in its time."
            : $"The last failure was: {fault.Message.Split('\n')[0].TrimEnd()}"),
        fault);

    // Which gateway a call went through is not known, so every call that is under way is given up for lost.
    private async Task<TResult> AnswerAsync<TResult>(
        Func<CancellationToken, Task<TResult>> call, CancellationToken cancellation)
    {
        CancellationToken broken = gateways.NextBreak;
        using CancellationTokenSource? both = cancellation.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(broken, cancellation)
            : null;
        CancellationToken given = both?.Token ?? broken;
        try
        {
            return await call(given).WaitAsync(given).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (
            broken.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new WeirException(WeirError.Unavailable, "The connection to a gateway broke before there was an answer.");
        }
    }

    private async Task<TResult> FirstAnswerAsync<TResult>(Func<Task<TResult>> call, CancellationToken given)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(given);
        try
        {
            var attempts = new List<Task<TResult>> { call() };
            Task silence = Task.Delay(Patience, clock, over.Token);
            while (true)
            {
                Task first = await Task.WhenAny([.. attempts, silence]).ConfigureAwait(false);
                given.ThrowIfCancellationRequested();
                if (first is not Task<TResult> answer)
                {
                    attempts.Add(call());
                    TimeSpan patience = attempts.Count < MostAtOnce ? Patience : Timeout.InfiniteTimeSpan;
                    silence = Task.Delay(patience, clock, over.Token);
                }
                else if (attempts.Count > 1 && answer.Exception is { InnerException: { } fault } && IsNoAnswer(fault))
                {
                    attempts.Remove(answer);
                }
                else
                {
                    return await answer.ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
        }
    }
}
