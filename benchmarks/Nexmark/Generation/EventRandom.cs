namespace Weir.Benchmarks.Nexmark.Generation;

/// <summary>
/// Chance that follows from a seed and the number of an event alone (SplitMix64), so that any event can be made without
/// those before it.
/// </summary>
internal struct EventRandom(ulong seed, long number)
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private ulong _state = Mix(seed + Step) ^ Mix(((ulong)number * Step) + 1);

    public ulong Next()
    {
        _state += Step;
        return Mix(_state);
    }

    /// <summary>A number from 0 to below a bound.</summary>
    public long Below(long bound) => (long)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>A number from 0 to below 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
