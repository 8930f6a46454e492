namespace Weir.Connectors.Rows;

using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Reflection;
using Weir.Connectors.Files;
using Weir.Engine.Time;

/// <summary>
/// The values of a row as comma-separated values (RFC 4180), in the invariant culture, times as ISO 8601: each is written
/// in UTF-8 where it goes, with no object and no text between. A missing value is empty, an empty text is <c>""</c>.
/// </summary>
internal static class CsvValues
{
    private const int LongestScalar = 128;
    private const BindingFlags Own = BindingFlags.Static | BindingFlags.NonPublic;
    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    /// <summary>The method that ends a value before the next one.</summary>
    public static MethodInfo Between { get; } = Method(nameof(Separate));

    /// <summary>The method that writes values of a type.</summary>
    public static MethodInfo WriterOf(Type type)
    {
        if (type == typeof(string))
            return Method(nameof(WriteText));
        if (type == typeof(bool))
            return Method(nameof(WriteFlag));
        if (type == typeof(EventTime))
            return Method(nameof(WriteEventTime));
        if (type == typeof(byte[]))
            return Method(nameof(WriteBytes));
        string name = type.IsEnum || type == typeof(char) ? nameof(WriteName)
            : type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly)
                || type == typeof(TimeOnly) ? nameof(WriteTime)
            : nameof(WriteScalar);
        return Method(name).MakeGenericMethod(type);
    }

    private static void WriteText(string value, TextBuffer into)
    {
        bool isPlain = value.Length > 0 && !value.ContainsAny(Special) && value[0] != ' ' && value[^1] != ' ';
        if (isPlain)
        {
            into.Add(value);
            return;
        }

        into.Add((byte)'"');
        into.Add(value.Replace("\"", "\"\"", StringComparison.Ordinal));
        into.Add((byte)'"');
    }

    private static MethodInfo Method(string name) => typeof(CsvValues).GetMethod(name, Own)!;

    private static void Separate(TextBuffer into) => into.Add((byte)',');

    private static void WriteFlag(bool value, TextBuffer into) => into.Write(value ? "true"u8 : "false"u8);

    private static void WriteName<TValue>(TValue value, TextBuffer into) =>
        WriteText(value!.ToString()!, into);

    private static void WriteTime<TValue>(TValue value, TextBuffer into)
        where TValue : IUtf8SpanFormattable => Write(value, "O", into);

    private static void WriteScalar<TValue>(TValue value, TextBuffer into)
        where TValue : IUtf8SpanFormattable => Write(value, "", into);

    private static void Write<TValue>(TValue value, string format, TextBuffer into)
        where TValue : IUtf8SpanFormattable
    {
        int room = LongestScalar;
        int length;
        while (!value.TryFormat(into.GetSpan(room), out length, format, CultureInfo.InvariantCulture))
            room *= 2;
        into.Advance(length);
    }

    private static void WriteEventTime(EventTime value, TextBuffer into)
    {
        Span<byte> bytes = into.GetSpan(EventTime.LongestText);
        into.Advance(value.WriteText(bytes));
    }

    private static void WriteBytes(byte[] value, TextBuffer into)
    {
        Span<byte> bytes = into.GetSpan(Base64.GetMaxEncodedToUtf8Length(value.Length));
        Base64.EncodeToUtf8(value, bytes, out _, out int length);
        into.Advance(length);
    }
}
