namespace Weir.Fuzz.Inputs;

/// <summary>
/// Numbers that look random and follow from a seed (SplitMix64). Each input has its own, from the seed of the run and
/// the input's index, so that one input can be repeated without those before it.
/// </summary>
public sealed class Chance
{
    private const ulong Golden = 0x9E3779B97F4A7C15UL;
    private ulong _state;

    public Chance(long seed, long index) => _state = Mix((ulong)seed + Golden) ^ Mix((ulong)index * Golden);

    public ulong Next() => Mix(_state += Golden);

    /// <summary>From 0 to below <paramref name="limit"/>, which is 1 or more.</summary>
    public int Below(int limit) => (int)(Next() % (ulong)limit);

    public bool OneIn(int times) => Below(times) == 0;

    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)Next();
        return bytes;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
