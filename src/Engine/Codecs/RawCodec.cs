namespace Weir.Engine.Codecs;

using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

/// <summary>An unmanaged struct without padding, copied as it is; its schema is the layout of its fields.</summary>
internal sealed class RawCodec<T>(string schema) : Codec<T>
    where T : unmanaged
{
    public override string Schema => schema;

    public override void Write(ByteWriter writer, in T value) =>
        MemoryMarshal.Write(writer.Reserve(Unsafe.SizeOf<T>()), in value);

    public override T Read(ByteReader reader) => MemoryMarshal.Read<T>(reader.ReadBytes(Unsafe.SizeOf<T>()));

    internal override void ReadFrames(ByteReader reader, Span<T> values)
    {
        int size = Unsafe.SizeOf<T>();
        ReadOnlySpan<byte> frames = reader.PeekFrames(size, values.Length);
        if (!frames.IsEmpty && TryRead(frames, values))
            reader.Skip(frames.Length);
        else
            base.ReadFrames(reader, values);
    }

    /// <summary>
    /// Copies values out of frames, if all have their size. Frames are one byte longer than values: they are told apart
    /// by their distance, and need no check of bounds each.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryRead(ReadOnlySpan<byte> frames, Span<T> values)
    {
        ref byte first = ref MemoryMarshal.GetReference(frames);
        for (int i = 0; i < values.Length; i++)
        {
            ref byte frame = ref Unsafe.Add(ref first, i * (Unsafe.SizeOf<T>() + 1));
            if (frame != Unsafe.SizeOf<T>())
                return false;
            values[i] = Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref frame, 1));
        }

        return true;
    }
}

/// <summary>Which structs may be copied as they are, and their layout in words.</summary>
internal static class RawCodec
{
    // Types whose bytes are not all valid values, or whose layout is not ours to rely on, are written by members.
    private static readonly HashSet<Type> Excluded =
    [
        typeof(bool), typeof(char), typeof(decimal),
        typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly),
    ];

    /// <summary>
    /// Padding would carry bytes of chance, so equal values could have unequal bytes: only a struct that its fields
    /// fill completely is copied. <c>{long, long}</c> is; <c>{long, byte}</c> is not (16 bytes, 9 used).
    /// </summary>
    public static bool CanCopy(Type type) =>
        type.IsValueType && !type.IsPrimitive && !type.IsGenericType
        && FilledSize(type) is not null;

    public static string SchemaOf(Type type) => type.IsEnum
        ? $"{type.Name}:{Enum.GetUnderlyingType(type).Name}"
        : $"{type.Name}<{string.Join(',', Fields(type).Select(field => $"{field.Name}:{SchemaOf(field)}"))}>";

    private static string SchemaOf(FieldInfo field) =>
        field.FieldType.IsPrimitive ? field.FieldType.Name : SchemaOf(field.FieldType);

    private static int? FilledSize(Type type)
    {
        if (Excluded.Contains(type) || (type.IsGenericType && !type.IsEnum))
            return null;
        if (type.IsEnum)
            type = Enum.GetUnderlyingType(type);
        if (type.IsPrimitive)
            return type == typeof(IntPtr) || type == typeof(UIntPtr) ? null : SizeOf(type);
        if (!type.IsValueType || type.IsExplicitLayout)
            return null;
        int sum = 0;
        foreach (FieldInfo field in Fields(type))
        {
            if (FilledSize(field.FieldType) is not { } size)
                return null;
            sum += size;
        }

        return sum > 0 && sum == SizeOf(type) ? sum : null;
    }

    private static FieldInfo[] Fields(Type type) =>
        [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .OrderBy(field => field.MetadataToken)];

    private static int SizeOf(Type type) => (int)typeof(Unsafe)
        .GetMethod(nameof(Unsafe.SizeOf))!
        .MakeGenericMethod(type)
        .Invoke(null, BindingFlags.Default, null, null, CultureInfo.InvariantCulture)!;
}
