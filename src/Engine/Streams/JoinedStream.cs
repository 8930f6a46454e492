namespace Weir.Engine.Streams;

using Weir.Engine.Errors;
using Weir.Engine.Graph;

/// <summary>The results of a join in event time.</summary>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
/// <typeparam name="TResult">The type of the results.</typeparam>
public sealed class JoinedStream<TLeft, TRight, TResult> : DataStream<TResult>
{
    private readonly IJoinNode<TLeft, TRight> _join;

    internal JoinedStream(JobGraph graph, StreamNode<TResult> node, IJoinNode<TLeft, TRight> join)
        : base(graph, node) => _join = join;

    /// <summary>The left events that came too late; without a use of this they are counted and dropped.</summary>
    public DataStream<TLeft> LateLeft =>
        new(Graph, _join.LateLeft ??= Graph.Add(new SideNode<TLeft>("late left"), Node));

    /// <summary>The right events that came too late; without a use of this they are counted and dropped.</summary>
    public DataStream<TRight> LateRight =>
        new(Graph, _join.LateRight ??= Graph.Add(new SideNode<TRight>("late right"), Node));

    /// <summary>Writes the left events that came too late to a topic.</summary>
    public JoinedStream<TLeft, TRight, TResult> LateLeftTo(Topic<TLeft> topic)
    {
        LateLeft.To(topic);
        return this;
    }

    /// <summary>Writes the right events that came too late to a topic.</summary>
    public JoinedStream<TLeft, TRight, TResult> LateRightTo(Topic<TRight> topic)
    {
        LateRight.To(topic);
        return this;
    }

    /// <summary>
    /// Hosts every key in a grain of its own that holds its state, in place of a table per key group. Results and
    /// snapshots are the same; a key costs an activation, and a grain call for each slice with an event of it.
    /// </summary>
    public JoinedStream<TLeft, TRight, TResult> OneGrainPerKey()
    {
        _join.OneGrainPerKey = true;
        return this;
    }

    /// <summary>States what becomes of an event that fails here. Default: the job fails.</summary>
    /// <remarks>
    /// A temporal join gives a result when the watermark reaches the left event: if that fails, it is the left event
    /// that failed, and its dead letter does not say where it lay.
    /// </remarks>
    /// <param name="policy">Made by <see cref="Errors"/>.</param>
    public JoinedStream<TLeft, TRight, TResult> OnError(ErrorPolicy<Either<TLeft, TRight>> policy)
    {
        _join.SetErrors(Graph, policy);
        return this;
    }

    /// <summary>Makes each key's last result queryable.</summary>
    /// <param name="view">Has the keys of the joined streams; another type of keys is a fault of the job.</param>
    public JoinedStream<TLeft, TRight, TResult> PublishAs<TKey>(View<TKey, TResult> view)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(view);
        var join = (IOperatorNode)Node;
        if (Node is OperatorNode<TKey, TResult> node)
            ViewOf.Set(Graph, node, view);
        else
            Graph.Fault(
                $"The view '{view.Name}' has keys of the type '{view.KeyType}', and the operator '{join.Name}' that "
                + $"publishes it has '{join.KeyType}': give the view the type of the operator's keys.");
        return this;
    }
}
