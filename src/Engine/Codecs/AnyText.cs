namespace Weir.Engine.Codecs;

using System.Buffers;
using System.Text;
using System.Text.Unicode;

/// <summary>
/// UTF-8 for any string of .NET. Half of a surrogate pair alone, which a key cut out of a text can begin or end with,
/// has no UTF-8; it is written as the three bytes that its number would have (WTF-8), so that two different strings
/// never have equal bytes. Bytes that are neither are malformed.
/// </summary>
internal static class AnyText
{
    private const int LoneSize = 3;

    /// <summary>Fills <paramref name="bytes"/>, which has the size that UTF-8 with replacements would have.</summary>
    public static void Encode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        while (Utf8.FromUtf16(text, bytes, out int read, out int written, replaceInvalidSequences: false)
            != OperationStatus.Done)
        {
            int lone = text[read];
            bytes[written] = (byte)(0xE0 | (lone >> 12));
            bytes[written + 1] = (byte)(0x80 | ((lone >> 6) & 0x3F));
            bytes[written + 2] = (byte)(0x80 | (lone & 0x3F));
            text = text[(read + 1)..];
            bytes = bytes[(written + LoneSize)..];
        }
    }

    /// <summary>Gives the text of bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        // Most text is ASCII, and ASCII is Latin-1, whose length needs no counting.
        if (Ascii.IsValid(bytes))
            return Encoding.Latin1.GetString(bytes);
        if (Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        char[] part = new char[bytes.Length];
        while (Utf8.ToUtf16(bytes, part, out int read, out int written, replaceInvalidSequences: false)
            != OperationStatus.Done)
        {
            text.Append(part, 0, written);
            bytes = bytes[read..];
            text.Append(Lone(bytes));
            bytes = bytes[LoneSize..];
        }

        Utf8.ToUtf16(bytes, part, out _, out int rest);
        return text.Append(part, 0, rest).ToString();
    }

    private static char Lone(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= LoneSize && bytes[0] == 0xED
        && bytes[1] is >= 0xA0 and <= 0xBF
        && bytes[2] is >= 0x80 and <= 0xBF
            ? (char)(0xD000 | ((bytes[1] & 0x3F) << 6) | (bytes[2] & 0x3F))
            : throw new CorruptDataException("the bytes of a string are not UTF-8");
}
