namespace Weir.Connectors.Rows;

using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>A column of a row.</summary>
/// <param name="Name">In snake case, with the names of the members that lead to it: <c>window_start</c>.</param>
/// <param name="Type">The type of its values, without <see cref="Nullable{T}"/>.</param>
/// <param name="IsNullable">Whether a value may be missing.</param>
internal sealed record RowColumn(string Name, Type Type, bool IsNullable);

/// <summary>
/// How an event becomes a row: the members that its codec writes, in their order, a member that has members itself
/// replaced by those. Invariant: every value of a row is a scalar or null.
/// </summary>
/// <remarks>
/// <c>Windowed(Key: string, Window: (Start, End), Value: long)</c> has the columns key, window_start, window_end, value.
/// An event that is a scalar itself has the one column value.
/// </remarks>
internal sealed class RowShape<T>
{
    private const int MaxDepth = 8;

    private readonly List<RowColumn> _columns = [];
    private readonly List<Expression> _values = [];

    // Of each value, whether it or a member that leads to it is null; null if none can be.
    private readonly List<Expression?> _missing = [];
    private readonly ParameterExpression _event = Expression.Parameter(typeof(T));
    private readonly Action<T, object?[]> _fill;

    private RowShape()
    {
        ParameterExpression row = Expression.Parameter(typeof(object?[]));
        Add("", _event, isNullable: false, depth: 0);
        IEnumerable<Expression> assignments = _values.Select((each, i) => Expression.Assign(
            Expression.ArrayAccess(row, Expression.Constant(i)),
            _missing[i] is { } missing
                ? Expression.Condition(missing, Expression.Constant(null, typeof(object)), Boxed(each))
                : Boxed(each)));
        Expression body = Expression.Block([.. assignments, Expression.Empty()]);
        _fill = Expression.Lambda<Action<T, object?[]>>(body, _event, row).Compile();
    }

    public IReadOnlyList<RowColumn> Columns => _columns;

    /// <exception cref="ArgumentException">A member is no scalar and has no members of its own, or two columns have one
    /// name.</exception>
    public static RowShape<T> Create()
    {
        var shape = new RowShape<T>();
        if (shape._columns.GroupBy(column => column.Name).FirstOrDefault(same => same.Skip(1).Any()) is { } twins)
            throw new ArgumentException(
                $"The events of the type '{typeof(T).Name}' can not be rows: {twins.Count()} members give the column "
                + $"'{twins.Key}'; select what to write first.");
        return shape;
    }

    /// <summary>Fills a row of as many values as there are columns.</summary>
    public void Fill(T value, object?[] row) => _fill(value, row);

    /// <summary>
    /// Makes a function that gives the values of a row to an output in their order, each as it is and not as an object.
    /// </summary>
    /// <param name="methodFor">The static method for the values of a type, with value and output as parameters; it is not
    /// called for a value that is missing.</param>
    /// <param name="between">The static method that is called between two columns, with the output.</param>
    public Action<T, TOut> Compile<TOut>(Func<Type, MethodInfo> methodFor, MethodInfo between)
    {
        ParameterExpression output = Expression.Parameter(typeof(TOut));
        var steps = new List<Expression>();
        for (int i = 0; i < _values.Count; i++)
        {
            if (i > 0)
                steps.Add(Expression.Call(between, output));
            Expression call = Expression.Call(methodFor(_columns[i].Type), _values[i], output);
            steps.Add(_missing[i] is { } missing ? Expression.IfThen(Expression.Not(missing), call) : call);
        }

        return Expression.Lambda<Action<T, TOut>>(Expression.Block(typeof(void), steps), _event, output).Compile();
    }

    private static bool IsScalar(Type type) =>
        type.IsEnum || type.IsPrimitive && type != typeof(nint) && type != typeof(nuint) || type == typeof(string)
        || type == typeof(decimal)
        || type == typeof(Guid) || type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly)
        || type == typeof(TimeOnly) || type == typeof(TimeSpan) || type == typeof(EventTime) || type == typeof(byte[]);

    private void Add(string name, Expression value, bool isNullable, int depth)
    {
        Type type = Nullable.GetUnderlyingType(value.Type) ?? value.Type;
        if (IsScalar(type))
        {
            bool mayMiss = isNullable || !value.Type.IsValueType || type != value.Type;
            _columns.Add(new RowColumn(name.Length == 0 ? "value" : name, type, mayMiss));
            _values.Add(type == value.Type ? value : Expression.Property(value, "Value"));
            _missing.Add(value.Type.IsValueType && type == value.Type ? null : IsNull(value));
            return;
        }

        MemberShape shape = (depth < MaxDepth ? MemberShape.Of(type) : null) ?? throw new ArgumentException(
            $"The events of the type '{typeof(T).Name}' can not be rows: {Where(name)} of the type '{type.Name}' is neither "
            + "a number, text, time or enum nor made of such members; select what to write first.");
        int first = _columns.Count;
        Expression inner = type == value.Type ? value : Expression.Property(value, "Value");
        bool mayBeNull = !type.IsValueType || type != value.Type;
        foreach (Member member in shape.Members)
        {
            string part = JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name);
            Add(
                name.Length == 0 ? part : $"{name}_{part}",
                Expression.MakeMemberAccess(inner, member.Info),
                isNullable || mayBeNull && depth > 0,
                depth + 1);
        }

        for (int i = first; mayBeNull && i < _values.Count; i++)
            _missing[i] = _missing[i] is { } missing ? Expression.OrElse(IsNull(value), missing) : IsNull(value);
    }

    private static BinaryExpression IsNull(Expression value) =>
        Expression.Equal(value, Expression.Constant(null, value.Type));

    private static UnaryExpression Boxed(Expression value) => Expression.Convert(value, typeof(object));

    private static string Where(string name) => name.Length == 0 ? "the event" : $"'{name}'";
}
