namespace Weir.Engine.Joins;

using Weir.Engine.Streams;

/// <summary>The events of two streams that a window of a key holds; at least one of them.</summary>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
/// <param name="Left">The left events in order of arrival; empty if there are none.</param>
/// <param name="Right">The right events in order of arrival; empty if there are none.</param>
public sealed record CoGrouped<TLeft, TRight>(IReadOnlyList<TLeft> Left, IReadOnlyList<TRight> Right)
{
    internal static CoGrouped<TLeft, TRight> Of(IReadOnlyList<Either<TLeft, TRight>> events)
    {
        List<TLeft> left = [];
        List<TRight> right = [];
        foreach (Either<TLeft, TRight> each in events)
        {
            if (each.IsLeft(out TLeft? leftValue, out TRight? rightValue))
                left.Add(leftValue);
            else
                right.Add(rightValue);
        }

        return new CoGrouped<TLeft, TRight>(left, right);
    }
}
