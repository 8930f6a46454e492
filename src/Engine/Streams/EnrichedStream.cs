namespace Weir.Engine.Streams;

using Weir.Engine.Errors;
using Weir.Engine.Graph;

/// <summary>The results of calls to the outside.</summary>
/// <typeparam name="T">The type of the events that the calls are made for.</typeparam>
/// <typeparam name="TResult">The type of the results.</typeparam>
public sealed class EnrichedStream<T, TResult> : DataStream<TResult>
{
    private readonly EnrichNode<T, TResult> _node;

    internal EnrichedStream(JobGraph graph, EnrichNode<T, TResult> node)
        : base(graph, node) => _node = node;

    /// <summary>
    /// States which results ask for another attempt, beside the exceptions that do. The last attempt's result goes on
    /// as it is. Needs <see cref="EnrichOptions.Retry"/>.
    /// </summary>
    public EnrichedStream<T, TResult> RetryWhen(Func<TResult, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        if (_node.Options.Retry is null)
            Graph.Fault(
                $"The operator '{_node.Name}' has RetryWhen and no attempts to spare: set Retry in its options.");
        _node.RetryOn = predicate;
        return this;
    }

    /// <summary>
    /// States what goes on in place of a result if a call fails for good; without it the job fails. The exception is
    /// that of the last attempt, or a <see cref="TimeoutException"/>. An exception of the fallback fails the job.
    /// </summary>
    public EnrichedStream<T, TResult> OrElse(Func<T, Exception, TResult> fallback)
    {
        ArgumentNullException.ThrowIfNull(fallback);
        _node.Fallback = fallback;
        OneDecides();
        return this;
    }

    /// <summary>
    /// States what becomes of an event whose call fails for good, after all attempts and within the time limit, or whose
    /// result a function behind fails on. Default: the job fails. With dead letters nothing is emitted for it, and the
    /// letter goes out in the place of its result; the key of the letter is empty.
    /// </summary>
    /// <param name="policy">
    /// <see cref="Errors.Fail"/> or <see cref="Errors.DeadLetterTo{T}(Topic{DeadLetter{T}})"/>: there is no key to keep
    /// in quarantine.
    /// </param>
    public EnrichedStream<T, TResult> OnError(ErrorPolicy<T> policy)
    {
        ErrorHandling<T>? errors = ErrorHandling<T>.Of(Graph, _node, policy);
        if (errors is { Quarantines: true })
        {
            Graph.Fault(
                $"The operator '{_node.Name}' has no keys to keep in quarantine: choose Errors.Fail or "
                + "Errors.DeadLetterTo.");
            return this;
        }

        _node.Errors = errors ?? _node.Errors;
        OneDecides();
        return this;
    }

    private void OneDecides()
    {
        if (_node.Fallback is not null && _node.Errors is not null)
            Graph.Fault(
                $"The operator '{_node.Name}' has both OrElse and dead letters for a call that fails: choose one.");
    }
}
