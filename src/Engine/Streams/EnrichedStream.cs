namespace Weir.Engine.Streams;

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
        return this;
    }
}
