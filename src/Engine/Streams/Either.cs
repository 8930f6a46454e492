namespace Weir.Engine.Streams;

using System.Diagnostics.CodeAnalysis;

/// <summary>
/// An event of one of two connected streams: of the left one or of the right one, never both. Connecting three streams
/// gives <c>Either&lt;Either&lt;A, B&gt;, C&gt;</c>.
/// </summary>
/// <remarks>
/// <code>
/// public override void OnEvent(Either&lt;Order, Payment&gt; value, IKeyContext&lt;string, Receipt&gt; key)
/// {
///     if (value.IsLeft(out Order? order, out Payment? payment))
///         key.State(Open).Value = order;
///     else if (key.State(Open).Value is { } open)
///         key.Emit(new Receipt(open, payment));
/// }
/// </code>
/// </remarks>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
public readonly record struct Either<TLeft, TRight>
{
    private readonly bool _isRight;
    private readonly TLeft? _left;
    private readonly TRight? _right;

    private Either(bool isRight, TLeft? left, TRight? right)
    {
        _isRight = isRight;
        _left = left;
        _right = right;
    }

    /// <summary>An event of the left stream.</summary>
    public static Either<TLeft, TRight> Left(TLeft value) => new(isRight: false, value, default);

    /// <summary>An event of the right stream.</summary>
    public static Either<TLeft, TRight> Right(TRight value) => new(isRight: true, default, value);

    /// <summary>Whether it is of the left stream; exactly one of the two values is then set.</summary>
    /// <param name="left">The event if it is of the left stream.</param>
    /// <param name="right">The event if it is of the right stream.</param>
    public bool IsLeft([MaybeNullWhen(false)] out TLeft left, [MaybeNullWhen(true)] out TRight right)
    {
        left = _left;
        right = _right;
        return !_isRight;
    }

    /// <summary>Makes one value of whichever it is.</summary>
    public TResult Match<TResult>(Func<TLeft, TResult> left, Func<TRight, TResult> right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return _isRight ? right(_right!) : left(_left!);
    }

    /// <summary>The event as text, with its side.</summary>
    public override string ToString() => _isRight ? $"Right({_right})" : $"Left({_left})";
}
