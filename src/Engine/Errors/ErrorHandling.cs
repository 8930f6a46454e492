namespace Weir.Engine.Errors;

using Weir.Engine.Graph;
using Weir.Engine.Streams;

/// <summary>What the graph holds of an operator's policy; an operator without one fails the job.</summary>
internal abstract record ErrorHandling(bool Quarantines);

/// <summary>
/// The policy with where its dead letters go, if anywhere, and how many events it holds for a key at most.
/// </summary>
internal sealed record ErrorHandling<T>(bool Quarantines, SideNode<DeadLetter<T>>? DeadLetters, int Bound)
    : ErrorHandling(Quarantines)
{
    public static void Set<TKey, TOut>(JobGraph graph, OperatorNode<TKey, TOut> node, ErrorPolicy<T> policy)
        where TKey : notnull => node.Errors = Of(graph, node, policy) ?? node.Errors;

    /// <summary>What the graph holds of a policy for a node; null if the job fails.</summary>
    public static ErrorHandling<T>? Of(JobGraph graph, IOperatorNode node, ErrorPolicy<T> policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (node.Errors is not null)
            graph.Fault($"The operator '{node.Name}' states OnError more than once: state it once.");
        if (policy.Choice == ErrorChoice.Fail)
            return null;
        SideNode<DeadLetter<T>>? letters = null;
        if (policy.Topic is { } topic)
        {
            letters = graph.Add(new SideNode<DeadLetter<T>>("dead-letters"), node.Node);
            graph.Write(letters, topic);
        }

        return new ErrorHandling<T>(policy.Choice == ErrorChoice.Quarantine, letters, policy.Bound);
    }
}
