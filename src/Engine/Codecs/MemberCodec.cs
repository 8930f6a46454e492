namespace Weir.Engine.Codecs;

using System.Linq.Expressions;
using System.Reflection;

/// <summary>A member that is written: its name, its type and where it stands.</summary>
internal sealed record Member(string Name, Type Type, MemberInfo Info);

/// <summary>
/// How a type is taken apart and put together by its public members. Either its one public constructor takes every
/// member (records, in the order of their parameters), or it has a parameterless one and every public field and
/// property can be set (in the order of declaration).
/// </summary>
internal sealed record MemberShape(IReadOnlyList<Member> Members, ConstructorInfo? Constructor)
{
    public static MemberShape? Of(Type type)
    {
        if (type.IsAbstract || type.IsPrimitive || type.IsPointer || type.IsByRefLike || type == typeof(object)
            || typeof(Delegate).IsAssignableFrom(type) || typeof(System.Collections.IEnumerable).IsAssignableFrom(type))
            return null;
        return ByConstructor(type) ?? BySetters(type);
    }

    private static MemberShape? ByConstructor(Type type)
    {
        ConstructorInfo[] constructors = [.. type.GetConstructors().Where(each => each.GetParameters().Length > 0)];
        if (constructors.Length != 1)
            return null;
        var members = new List<Member>();
        foreach (ParameterInfo parameter in constructors[0].GetParameters())
        {
            Member? match = PublicMembers(type).FirstOrDefault(member =>
                member.Type == parameter.ParameterType
                && string.Equals(member.Name, parameter.Name, StringComparison.OrdinalIgnoreCase));
            if (match is null)
                return null;
            members.Add(match);
        }

        return new MemberShape(members, constructors[0]);
    }

    private static MemberShape? BySetters(Type type)
    {
        if (!type.IsValueType && type.GetConstructor(Type.EmptyTypes) is null)
            return null;
        Member[] members = [.. PublicMembers(type)];
        bool all = members.All(member => member.Info is PropertyInfo { SetMethod.IsPublic: true } or FieldInfo { IsInitOnly: false });
        return all && members.Length > 0 ? new MemberShape(members, Constructor: null) : null;
    }

    private static IEnumerable<Member> PublicMembers(Type type) => type
        .GetMembers(BindingFlags.Instance | BindingFlags.Public)
        .OrderBy(member => member.MetadataToken)
        .Select(member => member switch
        {
            PropertyInfo { GetMethod: not null } property when property.GetIndexParameters().Length == 0 =>
                new Member(property.Name, property.PropertyType, property),
            FieldInfo field => new Member(field.Name, field.FieldType, field),
            _ => null,
        })
        .OfType<Member>();
}

/// <summary>
/// Writes a value member by member through compiled code; a reference type is preceded by a flag for null.
/// </summary>
internal sealed class MemberCodec<T> : Codec<T>
{
    private static readonly bool IsReference = !typeof(T).IsValueType;
    private readonly WriteMembers _write;
    private readonly Func<ByteReader, T> _read;

    public MemberCodec(MemberShape shape, Codec?[] members)
    {
        Schema = $"{typeof(T).Name}({string.Join(',', shape.Members.Select((member, i) => $"{member.Name}:{members[i]!.Schema}"))})";
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
        }

        _write(writer, in value);
    }

    public override T Read(ByteReader reader) => IsReference && !reader.ReadBool() ? default! : _read(reader);

    private static WriteMembers CompileWrite(MemberShape shape, Codec[] members)
    {
        ParameterExpression writer = Expression.Parameter(typeof(ByteWriter));
        ParameterExpression value = Expression.Parameter(typeof(T).MakeByRefType());
        IEnumerable<Expression> writes = shape.Members.Select((member, i) => (Expression)Expression.Call(
            Expression.Constant(members[i]),
            typeof(Codec<>).MakeGenericType(member.Type).GetMethod(nameof(Write))!,
            writer,
            Access(value, member)));
        return Expression.Lambda<WriteMembers>(Expression.Block([.. writes, Expression.Empty()]), writer, value).Compile();
    }

    private static Func<ByteReader, T> CompileRead(MemberShape shape, Codec[] members)
    {
        ParameterExpression reader = Expression.Parameter(typeof(ByteReader));
        Expression[] reads = [.. shape.Members.Select((member, i) => (Expression)Expression.Call(
            Expression.Constant(members[i]),
            typeof(Codec<>).MakeGenericType(member.Type).GetMethod(nameof(Read))!,
            reader))];
        if (shape.Constructor is { } constructor)
            return Expression.Lambda<Func<ByteReader, T>>(Expression.New(constructor, reads), reader).Compile();
        ParameterExpression made = Expression.Variable(typeof(T));
        IEnumerable<Expression> sets = shape.Members.Select((member, i) => (Expression)Expression.Assign(Access(made, member), reads[i]));
        Expression body = Expression.Block([made], [Expression.Assign(made, Expression.New(typeof(T))), .. sets, made]);
        return Expression.Lambda<Func<ByteReader, T>>(body, reader).Compile();
    }

    private static MemberExpression Access(Expression value, Member member) => Expression.MakeMemberAccess(value, member.Info);
}
