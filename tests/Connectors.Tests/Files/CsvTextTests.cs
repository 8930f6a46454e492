namespace Weir.Connectors.Tests.Files;

using System.Buffers;
using System.Text;
using CsCheck;
using Weir.Connectors.Files;
using Weir.Connectors.Rows;
using Weir.Engine.Time;

/// <summary>Rows that are written value by value are those that are made of objects.</summary>
public class CsvTextTests
{
    private static readonly Gen<string> Text = Gen.Char["a ,\"\r\n;\u00e4\u20ac\ud83d"].Array[0, 6]
        .Select(letters => new string(letters));

    private static readonly Gen<EventTime> Time = Gen.Frequency(
        (8, Gen.Long[-62_135_596_800_000, 253_402_300_799_999].Select(time => new EventTime(time))),
        (1, Gen.Const(EventTime.None)),
        (1, Gen.Const(EventTime.MaxValue)));

    private static readonly Gen<Scalars> AnyScalars = Gen.Select(
        Gen.Select(Gen.Bool, Gen.Byte, Gen.SByte, Gen.Short, Gen.UShort),
        Gen.Select(Gen.Int, Gen.UInt, Gen.Long, Gen.ULong),
        Gen.Select(Gen.Float, Gen.Double, Gen.Decimal),
        Gen.Select(Gen.Char, Gen.Enum<DayOfWeek>(), Gen.Guid, Gen.TimeSpan),
        Gen.Select(Gen.DateTime, Gen.DateTimeOffset, Gen.DateOnly, Gen.TimeOnly),
        Gen.Byte.Array[0, 20],
        Time)
        .Select((small, whole, broken, named, times, bytes, time) => new Scalars(
            small.Item1, small.Item2, small.Item3, small.Item4, small.Item5,
            whole.Item1, whole.Item2, whole.Item3, whole.Item4,
            broken.Item1, broken.Item2, broken.Item3,
            named.Item1, named.Item2, named.Item3, named.Item4,
            times.Item1, times.Item2, times.Item3, times.Item4,
            bytes, time));

    private static readonly Gen<Missing> AnyMissing = Gen.Select(
        Text.Null(), Gen.Long.Nullable(), Time.Nullable(), Gen.Bool.Nullable(), AnyScalars.Null(), Gen.Byte.Array[0, 3].Null())
        .Select((text, number, time, flag, inner, bytes) => new Missing(text, number, time, flag, inner, bytes));

    [Fact]
    public void Every_scalar_has_the_text_it_has_as_an_object() =>
        AnyScalars.Array[0, 5].Sample(new Comparison<Scalars>().AssertAlike);

    [Fact]
    public void Texts_and_what_is_missing_have_the_text_they_have_as_objects() =>
        AnyMissing.Array[0, 5].Sample(new Comparison<Missing>().AssertAlike);

    private sealed class Comparison<T>
    {
        private readonly CsvText<T> _text = new();
        private readonly RowShape<T> _shape = RowShape<T>.Create();

        public void AssertAlike(T[] events)
        {
            using var written = new TextBuffer(16);
            _text.Write(events, written);

            object?[] row = new object?[_shape.Columns.Count];
            var text = new ArrayBufferWriter<char>();
            foreach (T each in events)
            {
                _shape.Fill(each, row);
                CsvRow.Append(text, row);
            }

            Assert.Equal(new string(text.WrittenSpan).Normal(), Encoding.UTF8.GetString(written.Written));
        }
    }
}

/// <summary>All types of columns.</summary>
public sealed record Scalars(
    bool Flag, byte Unsigned8, sbyte Signed8, short Signed16, ushort Unsigned16, int Signed32, uint Unsigned32,
    long Signed64, ulong Unsigned64, float Binary32, double Binary64, decimal Amount,
    char Letter, DayOfWeek Day, Guid Id, TimeSpan Span,
    DateTime At, DateTimeOffset Moment, DateOnly Date, TimeOnly Clock, byte[] Bytes, EventTime Time);

/// <summary>All ways in which a column may have no value.</summary>
public sealed record Missing(string? Text, long? Number, EventTime? Time, bool? Flag, Scalars? Inner, byte[]? Bytes);

file static class Texts
{
    // Half of a surrogate pair has no UTF-8 and is replaced.
    public static string Normal(this string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
