namespace Weir.Benchmarks.Peers;

using Weir.Engine.Streams;

/// <summary>
/// The results of a contestant as a number of sums and a checksum of all of them. Invariant: the same sums in any order
/// give the same checksum. Not thread-safe; <see cref="Add(in Sums)"/> joins those of several threads.
/// </summary>
internal struct Sums
{
    public long Count { get; private set; }

    public ulong Checksum { get; private set; }

    public void Add(long key, long window, long sum)
    {
        Count++;
        Checksum += StableHash.Mix(StableHash.Mix((ulong)key + 0x9E37) ^ StableHash.Mix((ulong)window + 7)
            ^ StableHash.Mix((ulong)sum + 131));
    }

    public void Add(in Sums others)
    {
        Count += others.Count;
        Checksum += others.Checksum;
    }
}
