namespace Weir.Engine.Codecs;

using System.Linq.Expressions;
using Weir.Engine.Time;

/// <summary>The codecs of single values. Integers are variable-length, times zigzag, strings UTF-8.</summary>
internal static class PrimitiveCodecs
{
    private static readonly Dictionary<Type, Codec> All = new Codec[]
    {
        new Primitive<bool>("bool", (w, v) => w.WriteBool(v), r => r.ReadBool()),
        new Primitive<byte>("byte", (w, v) => w.WriteByte(v), r => r.ReadByte()),
        new Primitive<sbyte>("sbyte", (w, v) => w.WriteByte((byte)v), r => (sbyte)r.ReadByte()),
        new Primitive<short>("short", (w, v) => w.WriteSigned(v), r => Narrow<short>(r.ReadSigned())),
        new Primitive<ushort>("ushort", (w, v) => w.WriteVarint(v), r => Narrow<ushort>(r.ReadVarint())),
        new Primitive<int>("int", (w, v) => w.WriteSigned(v), r => Narrow<int>(r.ReadSigned())),
        new Primitive<uint>("uint", (w, v) => w.WriteVarint(v), r => Narrow<uint>(r.ReadVarint())),
        new Primitive<long>("long", (w, v) => w.WriteSigned(v), r => r.ReadSigned()),
        new Primitive<ulong>("ulong", (w, v) => w.WriteVarint(v), r => r.ReadVarint()),
        new Primitive<char>("char", (w, v) => w.WriteVarint(v), r => (char)Narrow<ushort>(r.ReadVarint())),
        new Primitive<float>(
            "float",
            (w, v) => w.WriteInt32(BitConverter.SingleToInt32Bits(v)),
            r => BitConverter.Int32BitsToSingle(r.ReadInt32())),
        new Primitive<double>(
            "double",
            (w, v) => w.WriteInt64(BitConverter.DoubleToInt64Bits(v)),
            r => BitConverter.Int64BitsToDouble(r.ReadInt64())),
        new Primitive<decimal>("decimal", (w, v) => WriteDecimal(w, v), r => ReadDecimal(r)),
        new Primitive<string>("string", (w, v) => w.WriteString(v), r => r.ReadString()!),
        new Primitive<byte[]>("bytes", (w, v) => WriteBytes(w, v), r => ReadBytes(r)),
        new Primitive<Guid>("guid", (w, v) => WriteGuid(w, v), r => ReadGuid(r)),
        new Primitive<TimeSpan>("timespan", (w, v) => w.WriteSigned(v.Ticks), r => new TimeSpan(r.ReadSigned())),
        new Primitive<DateOnly>("date", (w, v) => w.WriteVarint((ulong)v.DayNumber), r => ReadDate(r)),
        new Primitive<TimeOnly>("timeofday", (w, v) => w.WriteVarint((ulong)v.Ticks), r => ReadTimeOfDay(r)),
        new Primitive<DateTime>("datetime", (w, v) => w.WriteInt64(v.ToBinary()), r => ReadDateTime(r)),
        new Primitive<DateTimeOffset>("datetimeoffset", (w, v) => WriteDateTimeOffset(w, v), r => ReadDateTimeOffset(r)),
        new Primitive<EventTime>("time", (w, v) => w.WriteSigned(v.Milliseconds), r => new EventTime(r.ReadSigned())),
        new Primitive<TimeRange>("timerange", (w, v) => WriteRange(w, v), r => ReadRange(r)),
    }.ToDictionary(codec => codec.Type);

    public static Codec? Find(Type type) => All.GetValueOrDefault(type);

    private static T Narrow<T>(long value)
        where T : System.Numerics.IBinaryInteger<T>
    {
        T narrow = T.CreateTruncating(value);
        return long.CreateTruncating(narrow) == value
            ? narrow
            : throw new CorruptDataException($"{value} is out of the range of {typeof(T).Name}");
    }

    private static T Narrow<T>(ulong value)
        where T : System.Numerics.IBinaryInteger<T> =>
        value <= long.MaxValue
            ? Narrow<T>((long)value)
            : throw new CorruptDataException($"{value} is out of the range of {typeof(T).Name}");

    private static void WriteDecimal(ByteWriter writer, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        foreach (int part in bits)
            writer.WriteInt32(part);
    }

    private static decimal ReadDecimal(ByteReader reader)
    {
        Span<int> bits = [reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32()];
        return Checked(() => "a decimal", bits.ToArray(), static parts => new decimal(parts));
    }

    private static void WriteGuid(ByteWriter writer, Guid value) => value.TryWriteBytes(writer.Reserve(16));

    private static Guid ReadGuid(ByteReader reader) => new(reader.ReadBytes(16));

    private static void WriteBytes(ByteWriter writer, byte[] value)
    {
        writer.WriteBool(value is not null);
        if (value is not null)
            writer.WriteBlob(value);
    }

    private static byte[] ReadBytes(ByteReader reader) => reader.ReadBool() ? reader.ReadBlob().ToArray() : null!;

    private static DateOnly ReadDate(ByteReader reader) =>
        Checked(() => "a date", (int)Math.Min(reader.ReadVarint(), int.MaxValue), DateOnly.FromDayNumber);

    private static TimeOnly ReadTimeOfDay(ByteReader reader) =>
        Checked(() => "a time of day", Narrow<long>(reader.ReadVarint()), static ticks => new TimeOnly(ticks));

    private static DateTime ReadDateTime(ByteReader reader) =>
        Checked(() => "a date and time", reader.ReadInt64(), DateTime.FromBinary);

    private static void WriteDateTimeOffset(ByteWriter writer, DateTimeOffset value)
    {
        writer.WriteInt64(value.Ticks);
        writer.WriteSigned((long)value.Offset.TotalMinutes);
    }

    private static DateTimeOffset ReadDateTimeOffset(ByteReader reader) =>
        Checked(
            () => "a date and time",
            (Ticks: reader.ReadInt64(), Minutes: Narrow<short>(reader.ReadSigned())),
            static parts => new DateTimeOffset(parts.Ticks, TimeSpan.FromMinutes(parts.Minutes)));

    private static void WriteRange(ByteWriter writer, TimeRange range)
    {
        writer.WriteSigned(range.Start.Milliseconds);
        writer.WriteSigned(range.End.Milliseconds);
    }

    private static TimeRange ReadRange(ByteReader reader) =>
        new(new EventTime(reader.ReadSigned()), new EventTime(reader.ReadSigned()));

    private static T Checked<TPart, T>(Func<string> what, TPart part, Func<TPart, T> make)
    {
        try
        {
            return make(part);
        }
        catch (ArgumentException invalid)
        {
            throw new CorruptDataException($"the bytes of {what()} are out of range", invalid);
        }
    }

    private sealed class Primitive<T>(
        string schema, Expression<Action<ByteWriter, T>> write, Expression<Func<ByteReader, T>> read)
        : Codec<T>, IInlineCodec
    {
        private Action<ByteWriter, T>? _write;
        private Func<ByteReader, T>? _read;

        public override string Schema => schema;

        public LambdaExpression WriteCode => write;

        public LambdaExpression ReadCode => read;

        public override void Write(ByteWriter writer, in T value) => (_write ??= write.Compile())(writer, value);

        public override T Read(ByteReader reader) => (_read ??= read.Compile())(reader);
    }
}
