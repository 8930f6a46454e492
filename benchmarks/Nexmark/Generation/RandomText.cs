namespace Weir.Benchmarks.Nexmark.Generation;

/// <summary>The texts of events.</summary>
internal static class RandomText
{
    private const int Letters = 26;
    private const int LeastLength = 3;

    /// <summary>3 to below <paramref name="below"/> characters, one in 13 the special one, trimmed of spaces.</summary>
    public static string Words(ref EventRandom random, int below, char special)
    {
        int length = LeastLength + (int)random.Below(below - LeastLength);
        Span<char> text = stackalloc char[length];
        for (int i = 0; i < length; i++)
            text[i] = random.Below(13) == 0 ? special : (char)('a' + random.Below(Letters));
        return text.Trim().ToString();
    }

    /// <summary>Fills an event that has a size up to about another one: within a fifth of what is missing.</summary>
    public static string Extra(ref EventRandom random, int size, int wanted)
    {
        int missing = wanted - size;
        if (missing <= 0)
            return "";
        int spread = (int)Math.Round(missing * 0.2);
        return Exact(ref random, missing - spread + (spread == 0 ? 0 : (int)random.Below(2 * spread)));
    }

    // Ten letters of one draw: 26^10 is far below 2^64.
    private static string Exact(ref EventRandom random, int length)
    {
        Span<char> text = stackalloc char[length];
        ulong drawn = 0;
        for (int i = 0; i < length; i++)
        {
            if (i % 10 == 0)
                drawn = random.Next();
            text[i] = (char)('a' + (drawn % Letters));
            drawn /= Letters;
        }

        return text.ToString();
    }
}
