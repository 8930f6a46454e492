namespace Weir.Engine.Graph;

using Weir.Engine.Errors;
using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>A join in event time as the graph has it, with where the late events of each side go.</summary>
internal abstract class JoinNode<TKey, TLeft, TRight, TOut>(string name, string kind)
    : OperatorNode<TKey, TOut>(name, kind), IJoinNode<TLeft, TRight>
    where TKey : notnull
{
    public required EventKey<TKey, Either<TLeft, TRight>> Key { get; init; }

    public SideNode<TLeft>? LateLeft { get; set; }

    public SideNode<TRight>? LateRight { get; set; }

    public override IEnumerable<Type> StateTypes => [typeof(TLeft), typeof(TRight)];

    public override IEnumerable<Type> OutputTypes =>
    [
        typeof(TOut),
        .. LateLeft is null ? [] : new[] { typeof(TLeft) },
        .. LateRight is null ? [] : new[] { typeof(TRight) },
    ];

    public override bool NeedsEventTime => true;

    public void SetErrors(JobGraph graph, ErrorPolicy<Either<TLeft, TRight>> policy) =>
        ErrorHandling<Either<TLeft, TRight>>.Set(graph, this, policy);
}

/// <summary>What the result of a join asks of its node without knowing its key.</summary>
internal interface IJoinNode<TLeft, TRight>
{
    SideNode<TLeft>? LateLeft { get; set; }

    SideNode<TRight>? LateRight { get; set; }

    bool OneGrainPerKey { get; set; }

    void SetErrors(JobGraph graph, ErrorPolicy<Either<TLeft, TRight>> policy);
}

/// <summary>Joins events whose times lie an interval apart.</summary>
internal sealed class IntervalJoinNode<TKey, TLeft, TRight, TOut>(
    string name, JoinInterval interval, Func<TLeft, TRight, TOut> combine)
    : JoinNode<TKey, TLeft, TRight, TOut>(name, "interval-join")
    where TKey : notnull
{
    public JoinInterval Interval => interval;

    public Func<TLeft, TRight, TOut> Combine => combine;

    public override KeyedOperator Create(Stage stage) =>
        new IntervalJoinOperator<TKey, TLeft, TRight, TOut>(this, stage);

    public override string Describe() => $"{base.Describe()} {interval.Description}";
}

/// <summary>Joins events with the version that was valid at their time.</summary>
internal sealed class TemporalJoinNode<TKey, TLeft, TRight, TOut>(string name, VersionRule<TLeft, TRight, TOut> rule)
    : JoinNode<TKey, TLeft, TRight, TOut>(name, "temporal-join")
    where TKey : notnull
{
    public VersionRule<TLeft, TRight, TOut> Rule => rule;

    public override KeyedOperator Create(Stage stage) =>
        new TemporalJoinOperator<TKey, TLeft, TRight, TOut>(this, stage);

    public override string Describe() =>
        $"{base.Describe()}{(rule.KeepsUnmatched ? " outer" : "")}{(rule.Ends is null ? "" : " ended")}";
}

/// <summary>What a temporal join does with an event and a version, and with an event without one.</summary>
/// <param name="Combine">Makes the result.</param>
/// <param name="KeepsUnmatched">Whether an event without a version gives a result, of the default version.</param>
/// <param name="Ends">Whether a version says that from its time on there is none, or null if none ever does.</param>
internal sealed record VersionRule<TLeft, TRight, TOut>(
    Func<TLeft, TRight?, TOut> Combine, bool KeepsUnmatched, Func<TRight, bool>? Ends);
