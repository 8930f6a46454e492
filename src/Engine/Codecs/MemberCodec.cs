namespace Weir.Engine.Codecs;

using System.Linq.Expressions;

/// <summary>
/// Writes a value member by member through compiled code; a reference type is preceded by a flag for null.
/// </summary>
internal sealed class MemberCodec<T> : Codec<T>
{
    private static readonly bool IsReference = !typeof(T).IsValueType;
    private static readonly bool MayBeDerived = IsReference && !typeof(T).IsSealed;
    private readonly WriteMembers _write;
    private readonly Func<ByteReader, T> _read;

    public MemberCodec(MemberShape shape, Codec?[] members)
    {
        IEnumerable<string> parts = shape.Members.Select((member, i) => $"{member.Name}:{members[i]!.Schema}");
        Schema = $"{typeof(T).Name}({string.Join(',', parts)})";
        _write = CompileWrite(shape, members!);
        _read = CompileRead(shape, members!);
    }

    private delegate void WriteMembers(ByteWriter writer, in T value);

    public override string Schema { get; }

    public override void Write(ByteWriter writer, in T value)
    {
        if (IsReference)
        {
            writer.WriteBool(value is not null);
            if (value is null)
                return;
            if (MayBeDerived && value.GetType() != typeof(T))
                throw new InvalidOperationException(
                    $"A {value.GetType()} stands where a {typeof(T)} is written, and what it has beside would be lost: "
                    + "use one type, or register an ICodecProvider that knows both.");
        }

        _write(writer, in value);
    }

    public override T Read(ByteReader reader)
    {
        if (IsReference && !reader.ReadBool())
            return default!;
        try
        {
            return _read(reader);
        }
        catch (Exception refused) when (refused is not CorruptDataException)
        {
            throw new CorruptDataException($"the bytes of a {typeof(T)} make none: {refused.Message}", refused);
        }
    }

    private static WriteMembers CompileWrite(MemberShape shape, Codec[] members)
    {
        ParameterExpression writer = Expression.Parameter(typeof(ByteWriter));
        ParameterExpression value = Expression.Parameter(typeof(T).MakeByRefType());
        IEnumerable<Expression> writes = shape.Members.Select((member, i) =>
            WriteMember(members[i], member.Type, writer, Expression.MakeMemberAccess(value, member.Info)));
        Expression body = Expression.Block([.. writes, Expression.Empty()]);
        return Expression.Lambda<WriteMembers>(body, writer, value).Compile();
    }

    // Members are read in the order in which they were written, into variables: what follows the parameters of the
    // constructor is set after it.
    private static Func<ByteReader, T> CompileRead(MemberShape shape, Codec[] members)
    {
        ParameterExpression reader = Expression.Parameter(typeof(ByteReader));
        ParameterExpression[] parts = [.. shape.Members.Select(member => Expression.Variable(member.Type))];
        IEnumerable<Expression> reads = shape.Members.Select((member, i) => (Expression)Expression.Assign(
            parts[i],
            ReadMember(members[i], member.Type, reader)));
        NewExpression made = shape.Constructor is { } constructor
            ? Expression.New(constructor, parts[..shape.Parameters])
            : Expression.New(typeof(T));
        IEnumerable<MemberBinding> settings = shape.Members.Skip(shape.Parameters).Select((member, i) =>
            (MemberBinding)Expression.Bind(member.Info, parts[shape.Parameters + i]));
        Expression body = Expression.Block(parts, [.. reads, Expression.MemberInit(made, settings)]);
        return Expression.Lambda<Func<ByteReader, T>>(body, reader).Compile();
    }

    private static Expression WriteMember(Codec codec, Type type, Expression writer, Expression value) =>
        codec is IInlineCodec inline
            ? Expression.Invoke(inline.WriteCode, writer, value)
            : Expression.Call(
                Expression.Constant(codec), typeof(Codec<>).MakeGenericType(type).GetMethod(nameof(Write))!, writer, value);

    private static Expression ReadMember(Codec codec, Type type, Expression reader) =>
        codec is IInlineCodec inline
            ? Expression.Invoke(inline.ReadCode, reader)
            : Expression.Call(
                Expression.Constant(codec), typeof(Codec<>).MakeGenericType(type).GetMethod(nameof(Read))!, reader);
}
