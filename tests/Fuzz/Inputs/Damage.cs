namespace Weir.Fuzz.Inputs;

using Weir.Engine.Codecs;

/// <summary>
/// Makes wrong bytes of right ones: a few edits, each of a kind that decoders are known to trip over. Most inputs stay
/// close to a valid one, because bytes that are wrong from the first on are refused at the first.
/// </summary>
public static class Damage
{
    private const int MaxLength = 16 << 10;

    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x3FFF, 0x4000, 0xFFFF, 1UL << 24, (1UL << 24) + 1,
        int.MaxValue - 8UL, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32,
        long.MaxValue - 1, long.MaxValue, 1UL << 63, (1UL << 63) + 1, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    /// <summary>Damages <paramref name="valid"/>; parts of <paramref name="other"/> may get into it.</summary>
    public static byte[] Of(byte[] valid, byte[] other, Chance chance)
    {
        if (chance.OneIn(64))
            return chance.Bytes(chance.Below(64));
        byte[] bytes = valid;
        for (int edits = 1 + (chance.OneIn(2) ? 0 : chance.Below(4)); edits > 0; edits--)
            bytes = Edit(bytes, other, chance);
        return bytes.Length <= MaxLength ? bytes : bytes[..MaxLength];
    }

    private static byte[] Edit(byte[] bytes, byte[] other, Chance chance)
    {
        int at = chance.Below(bytes.Length + 1);
        int count = Math.Min(1 + chance.Below(8), bytes.Length - at);
        return chance.Below(12) switch
        {
            0 or 1 => Changed(bytes, at, (byte)(1 << chance.Below(8)), isFlip: true),
            2 => Changed(bytes, at, chance.OneIn(2) ? (byte)chance.Next() : (byte)chance.Of(Extremes), isFlip: false),
            3 => bytes[..at],
            4 => [.. bytes[..at], .. chance.Bytes(1 + chance.Below(8)), .. bytes[at..]],
            5 => [.. bytes[..at], .. Varint(chance), .. bytes[at..]],
            6 => [.. bytes[..at], .. Varint(chance), .. bytes[(at + count)..]],
            7 => Overwritten(bytes, at, Fixed(chance)),
            8 => [.. bytes[..at], .. bytes[(at + count)..]],
            9 => Repeated(bytes, (at, count), 1 + chance.Below(chance.OneIn(8) ? 300 : 3)),
            10 => [.. bytes[..at], .. other[chance.Below(other.Length + 1)..]],
            _ => Copied(bytes, other, at, chance),
        };
    }

    private static byte[] Changed(byte[] bytes, int at, byte value, bool isFlip)
    {
        byte[] changed = [.. bytes];
        if (at < changed.Length)
            changed[at] = isFlip ? (byte)(changed[at] ^ value) : value;
        return changed;
    }

    private static byte[] Overwritten(byte[] bytes, int at, byte[] part)
    {
        byte[] changed = [.. bytes];
        part.AsSpan(0, Math.Min(part.Length, changed.Length - at)).CopyTo(changed.AsSpan(at));
        return changed;
    }

    private static byte[] Repeated(byte[] bytes, (int At, int Count) part, int times)
    {
        byte[] repeated = bytes[part.At..(part.At + part.Count)];
        IEnumerable<byte> all = Enumerable.Repeat(repeated, times).SelectMany(each => each);
        return [.. bytes[..part.At], .. all, .. bytes[part.At..]];
    }

    private static byte[] Copied(byte[] bytes, byte[] other, int at, Chance chance)
    {
        int from = chance.Below(other.Length + 1);
        int count = Math.Min(1 + chance.Below(16), other.Length - from);
        return Overwritten(bytes, at, other[from..(from + count)]);
    }

    // Sometimes longer than the value needs, up to beyond what a 64-bit integer may have.
    private static byte[] Varint(Chance chance)
    {
        var writer = new ByteWriter();
        writer.WriteVarint(chance.OneIn(3) ? (ulong)chance.Below(1 << 20) : chance.Of(Extremes));
        byte[] bytes = writer.ToArray();
        if (!chance.OneIn(8))
            return bytes;
        bytes[^1] |= 0x80;
        return [.. bytes, .. Enumerable.Repeat((byte)0x80, chance.Below(6)), 0];
    }

    private static byte[] Fixed(Chance chance) => chance.OneIn(2)
        ? BitConverter.GetBytes(chance.Of(Extremes))
        : BitConverter.GetBytes((uint)chance.Of(Extremes));
}
