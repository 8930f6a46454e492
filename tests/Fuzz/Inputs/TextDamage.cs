namespace Weir.Fuzz.Inputs;

using System.Runtime.InteropServices;

/// <summary>
/// Makes wrong texts of right ones, with what parsers of JSON are known to trip over. A text is carried as the bytes of
/// its UTF-16 code units, so that halves of surrogate pairs are among them.
/// </summary>
public static class TextDamage
{
    private static readonly string[] Parts =
    [
        "null", "true", "[]", "{}", "\"\"", "\"x\"", "0", "-0", "-1", "1e999", "1E-999", "0.1", "256", "65536",
        "2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809",
        "79228162514264337593543950336", "\"NaN\"", "\"Infinity\"", "\"none\"", "\"end\"", "\"\\ud800\"",
        "\"\\udc00\\ud800\"", "\ud800", "\udc00", "\0", "\"\\u0000\"", "\\", "\"", ":", ",", "{", "}", "[", "]", "/**/",
        "\"2024-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59.9999999-14:00\"",
        "\"24:00:00\"", "\"10675199.02:48:05.4775808\"", "\"$type\":\"System.Object\",", "\"$ref\":\"1\",", "\u2028", " ",
    ];

    public static byte[] BytesOf(string text) => MemoryMarshal.AsBytes(text.AsSpan()).ToArray();

    public static string TextOf(byte[] bytes) => new(MemoryMarshal.Cast<byte, char>(bytes.AsSpan()));

    public static byte[] Of(byte[] valid, byte[] other, Chance chance)
    {
        string text = TextOf(valid);
        for (int edits = 1 + chance.Below(3); edits > 0; edits--)
            text = Edit(text, TextOf(other), chance);
        return BytesOf(text);
    }

    private static string Edit(string text, string other, Chance chance)
    {
        int at = chance.Below(text.Length + 1);
        int count = Math.Min(1 + chance.Below(6), text.Length - at);
        string part = chance.Of(Parts);
        return chance.Below(7) switch
        {
            0 => text.Insert(at, part),
            1 => text.Remove(at, count).Insert(at, part),
            2 => WithValue(text, at, part),
            3 => text[..at],
            4 => text.Remove(at, count),
            5 => string.Concat(text.AsSpan(0, at), other.AsSpan(chance.Below(other.Length + 1))),
            _ => text.Insert(at, Nested(chance)),
        };
    }

    // Replaces the value that follows the next colon: the text stays JSON and its meaning becomes strange.
    private static string WithValue(string text, int at, string value)
    {
        int colon = text.IndexOf(':', at);
        int end = colon < 0 ? -1 : text.IndexOfAny([',', '}'], colon);
        return end < 0 ? text : string.Concat(text.AsSpan(0, colon + 1), value, text.AsSpan(end));
    }

    private static string Nested(Chance chance)
    {
        int depth = 1 + chance.Below(chance.OneIn(4) ? 2000 : 80);
        return chance.OneIn(2)
            ? new string('[', depth)
            : string.Concat(Enumerable.Repeat("{\"a\":", depth));
    }
}
