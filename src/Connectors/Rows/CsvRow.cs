namespace Weir.Connectors.Rows;

using System.Globalization;
using System.Text;
using Weir.Engine.Time;

/// <summary>
/// Rows as comma-separated values (RFC 4180, lines end in LF), in the invariant culture, times as ISO 8601. A missing
/// value is empty, an empty text is <c>""</c>.
/// </summary>
internal static class CsvRow
{
    public static void Append(StringBuilder text, ReadOnlySpan<object?> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            if (i > 0)
                text.Append(',');
            AppendValue(text, row[i]);
        }

        text.Append('\n');
    }

    private static void AppendValue(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case string known:
                AppendText(text, known);
                break;
            case bool known:
                text.Append(known ? "true" : "false");
                break;
            case DateTime or DateTimeOffset or DateOnly or TimeOnly:
                text.Append(((IFormattable)value).ToString("O", CultureInfo.InvariantCulture));
                break;
            case EventTime or Enum or char:
                AppendText(text, value.ToString()!);
                break;
            case byte[] known:
                text.Append(Convert.ToBase64String(known));
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static void AppendText(StringBuilder text, string value)
    {
        bool isPlain = value.Length > 0 && !value.AsSpan().ContainsAny(",\"\r\n") && value[0] != ' ' && value[^1] != ' ';
        if (isPlain)
        {
            text.Append(value);
            return;
        }

        text.Append('"').Append(value).Replace("\"", "\"\"", text.Length - value.Length, value.Length).Append('"');
    }
}
