namespace Weir.Engine.Codecs;

using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Weir.Engine.Streams;

/// <summary>
/// Finds the codec of a type: first among the given providers, then the built-in ones for primitives, collections and
/// unmanaged structs, last by members (records, tuples, classes and structs with public members).
/// Invariant: one type has one codec for the life of the registry.
/// </summary>
public sealed class CodecRegistry
{
    private readonly ICodecProvider[] _providers;
    private readonly ConcurrentDictionary<Type, Codec?> _found = new();

    /// <summary>A registry that asks <paramref name="providers"/> before its own rules.</summary>
    public CodecRegistry(params ICodecProvider[] providers) => _providers = providers;

    /// <summary>The codec of <typeparamref name="T"/>.</summary>
    /// <exception cref="NoCodecException">The type can not be written.</exception>
    public Codec<T> For<T>() => (Codec<T>)For(typeof(T));

    /// <summary>The codec of a type.</summary>
    /// <exception cref="NoCodecException">The type can not be written.</exception>
    public Codec For(Type type) => TryFind(type) ?? throw new NoCodecException(type);

    /// <summary>What reads values that another system wrote in a format, <see cref="EventSchema.Json"/> for example.
    /// </summary>
    /// <exception cref="NoCodecException">Nothing here knows the format.</exception>
    public Codec<T> InFormat<T>(string format)
    {
        if (format == EventSchema.Plain)
            return For<T>();
        foreach (ICodecProvider provider in _providers)
        {
            if (provider.FindFormat(format, typeof(T)) is Codec<T> codec)
                return codec;
        }

        throw new NoCodecException(typeof(T));
    }

    /// <summary>The codec of a type, or null if it can not be written.</summary>
    public Codec? TryFind(Type type)
    {
        if (_found.TryGetValue(type, out Codec? codec))
            return codec;
        codec = Find(type, []);
        return _found.GetOrAdd(type, codec);
    }

    // `within` holds the types being resolved: a type that contains itself has no codec by members.
    private Codec? Find(Type type, HashSet<Type> within)
    {
        foreach (ICodecProvider provider in _providers)
        {
            if (provider.Find(type) is { } provided)
                return provided;
        }

        if (PrimitiveCodecs.Find(type) is { } primitive)
            return primitive;
        if (!within.Add(type))
            return null;
        Codec? codec = FindComposite(type, part => Find(part, within));
        within.Remove(type);
        return codec;
    }

    private static Codec? FindComposite(Type type, Func<Type, Codec?> find)
    {
        if (type.IsEnum)
            return Create(typeof(RawCodec<>), [type], RawCodec.SchemaOf(type));
        if (type.IsArray && type.GetArrayRank() == 1)
            return CreateOver(typeof(ArrayCodec<>), [type.GetElementType()!], find);
        if (type.IsGenericType)
        {
            Type definition = type.GetGenericTypeDefinition();
            Type[] arguments = type.GetGenericArguments();
            if (definition == typeof(Nullable<>))
                return CreateOver(typeof(NullableCodec<>), arguments, find);
            if (definition == typeof(List<>))
                return CreateOver(typeof(ListCodec<>), arguments, find);
            if (definition == typeof(HashSet<>))
                return CreateOver(typeof(SetCodec<>), arguments, find);
            if (definition == typeof(Dictionary<,>))
                return CreateOver(typeof(DictionaryCodec<,>), arguments, find);
            if (definition == typeof(Either<,>))
                return CreateOver(typeof(EitherCodec<,>), arguments, find);
        }

        if (RawCodec.CanCopy(type))
            return Create(typeof(RawCodec<>), [type], RawCodec.SchemaOf(type));
        MemberShape? shape = MemberShape.Of(type);
        if (shape is null)
            return null;
        Codec?[] members = [.. shape.Members.Select(member => find(member.Type))];
        return members.Contains(null) ? null : Create(typeof(MemberCodec<>), [type], shape, members);
    }

    private static Codec? CreateOver(Type codec, Type[] arguments, Func<Type, Codec?> find)
    {
        Codec?[] parts = [.. arguments.Select(find)];
        return parts.Contains(null) ? null : Create(codec, arguments, [.. parts]);
    }

    private static Codec Create(Type codec, Type[] arguments, params object?[] parameters) =>
        (Codec)Activator.CreateInstance(
            codec.MakeGenericType(arguments),
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic,
            binder: null,
            parameters,
            culture: null)!;
}

/// <summary>A type can not be written as bytes; the message names it and says what to do.</summary>
public sealed class NoCodecException(Type type) : Exception(
    $"There is no codec for the type '{type}'. Give it public members that have codecs (a record with positional "
    + "parameters is enough), mark it with [GenerateSerializer], or register an ICodecProvider.")
{
    /// <summary>The type.</summary>
    public Type Type { get; } = type;
}
