namespace Weir.Benchmarks.Peers;

using System.Runtime.InteropServices;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>One event: an amount for a key.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Reading(long Key, long Amount, EventTime At);

/// <summary>What every contestant is given.</summary>
/// <param name="Keys">Number of keys that can occur.</param>
/// <param name="Events">Number of events.</param>
/// <param name="IsZipf">Whether key k occurs in proportion to 1/k, or all alike.</param>
/// <param name="Seed">What keys and amounts follow from.</param>
internal sealed record Workload(int Keys, int Events, bool IsZipf, ulong Seed)
{
    /// <summary>The windows, in milliseconds; with 100 events a millisecond a window holds a million.</summary>
    public const long WindowMilliseconds = 10_000;

    private const int EventsPerMillisecond = 100;

    public string Distribution => IsZipf ? "zipf" : "uniform";

    /// <summary>The start of the window of an event.</summary>
    public static long WindowOf(in Reading reading) =>
        reading.At.Milliseconds - (reading.At.Milliseconds % WindowMilliseconds);

    /// <summary>The events, in order of time; the same for the same workload.</summary>
    public Reading[] Generate()
    {
        var random = new SplitMix(Seed);
        double[]? zipf = IsZipf ? Cumulated() : null;
        var readings = new Reading[Events];
        for (int i = 0; i < readings.Length; i++)
        {
            long key = zipf is null ? (long)(random.Next() % (ulong)Keys) : Rank(zipf, random.NextDouble());
            readings[i] = new Reading(key, (long)(random.Next() % 1000), new EventTime(i / EventsPerMillisecond));
        }

        return readings;
    }

    // Ranks are spread over the key space, so that the frequent keys are no neighbours.
    private long Rank(double[] cumulated, double at)
    {
        int found = Array.BinarySearch(cumulated, at * cumulated[^1]);
        long rank = Math.Min(found < 0 ? ~found : found, Keys - 1);
        return (long)(StableHash.Mix((ulong)rank) >> 1);
    }

    private double[] Cumulated()
    {
        var cumulated = new double[Keys];
        double sum = 0;
        for (int i = 0; i < Keys; i++)
            cumulated[i] = sum += 1.0 / (i + 1);
        return cumulated;
    }

    /// <summary>SplitMix64: the same numbers on every machine and runtime.</summary>
    private struct SplitMix(ulong seed)
    {
        private ulong _state = seed;

        public ulong Next()
        {
            ulong z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }

        public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));
    }
}
