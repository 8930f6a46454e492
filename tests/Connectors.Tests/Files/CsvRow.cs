namespace Weir.Connectors.Tests.Files;

using System.Buffers;
using System.Globalization;
using Weir.Engine.Time;

/// <summary>
/// What rows of objects are as comma-separated values (RFC 4180, lines end in LF), in the invariant culture. A missing
/// value is empty, an empty text is <c>""</c>.
/// </summary>
internal static class CsvRow
{
    private const int LongestScalar = 128;
    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    public static void Append(IBufferWriter<char> text, ReadOnlySpan<object?> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            if (i > 0)
                text.Write(",");
            AppendValue(text, row[i]);
        }

        text.Write("\n");
    }

    private static void AppendValue(IBufferWriter<char> text, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case string known:
                AppendText(text, known);
                break;
            case bool known:
                text.Write(known ? "true" : "false");
                break;
            case EventTime known:
                text.Write(known.ToString());
                break;
            case Enum or char:
                AppendText(text, value.ToString()!);
                break;
            case byte[] known:
                text.Write(Convert.ToBase64String(known));
                break;
            default:
                AppendScalar(text, (ISpanFormattable)value);
                break;
        }
    }

    private static void AppendScalar(IBufferWriter<char> text, ISpanFormattable value)
    {
        string format = value is DateTime or DateTimeOffset or DateOnly or TimeOnly ? "O" : "";
        if (value.TryFormat(text.GetSpan(LongestScalar), out int length, format, CultureInfo.InvariantCulture))
            text.Advance(length);
        else
            text.Write(value.ToString(format, CultureInfo.InvariantCulture));
    }

    private static void AppendText(IBufferWriter<char> text, ReadOnlySpan<char> value)
    {
        bool isPlain = value.Length > 0 && !value.ContainsAny(Special) && value[0] != ' ' && value[^1] != ' ';
        if (isPlain)
        {
            text.Write(value);
            return;
        }

        text.Write("\"");
        for (int quote = value.IndexOf('"'); quote >= 0; quote = value.IndexOf('"'))
        {
            text.Write(value[..(quote + 1)]);
            text.Write("\"");
            value = value[(quote + 1)..];
        }

        text.Write(value);
        text.Write("\"");
    }
}
