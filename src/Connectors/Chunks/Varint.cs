namespace Weir.Connectors.Chunks;

/// <summary>Unsigned LEB128: 7 bits a byte, lowest first, the high bit says that more follow (300 is AC 02).</summary>
internal static class Varint
{
    public const int MaxBytes = 10;

    /// <summary>Writes a value and returns how many bytes it took.</summary>
    public static int Write(Span<byte> target, ulong value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            target[length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        target[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads a value from the front; false if it is cut off or longer than 64 bits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        int limit = Math.Min(source.Length, MaxBytes);
        for (length = 0; length < limit;)
        {
            byte current = source[length];
            value |= (ulong)(current & 0x7F) << (7 * length);
            length++;
            if (current < 0x80)
                return length < MaxBytes || current <= 1;
        }
        return false;
    }
}
