namespace Weir.Engine.Tests.Speed;

using System.Runtime.InteropServices;
using Weir.Engine.Tests.Testing;
using Weir.Engine.Time;

/// <summary>
/// What would be noticed at once: an engine that has become several times slower, that suffers from a hot key, or that
/// allocates for each event. Only ratios of CPU time within one run count, of the best of several rounds, so that other
/// work on the machine does not matter; real figures are those of the folder benchmarks.
/// </summary>
[Collection(nameof(Alone))]
public sealed class SpeedTests
{
    private const int Keys = 1000;
    private const int Events = 100_000;

    // The runtime compiles what is called often once more, better, after some tenths of a second.
    private const int Rounds = 30;

    [SpeedFact]
    public void SumsPerKey_CostABoundedMultipleOfALoopOverADictionary()
    {
        Amount[] amounts = Amounts(number => number * 7919L % Keys);
        var loop = new EngineLoop(amounts);
        var sums = new Dictionary<long, (long Window, long Sum)>();

        double ratio = Ratio(loop.Run, () => Add(amounts, sums));

        Assert.Equal(sums.Values.Sum(each => each.Sum), loop.Applied);
        // It is 15 or so: a loop decodes nothing, keeps no timers, and has one table in place of 64.
        Assert.InRange(ratio, 0, 40);
    }

    [SpeedFact]
    public void AHotKey_CostsNoMoreThanManyKeys()
    {
        var uniform = new EngineLoop(Amounts(number => number * 7919L % Keys));
        var hot = new EngineLoop(Amounts(number => number % 10 == 0 ? number * 7919L % Keys : 0));

        double ratio = Ratio(hot.Run, uniform.Run);

        Assert.Equal(uniform.Applied, hot.Applied);
        Assert.InRange(ratio, 0, 2);
    }

    [SpeedFact]
    public void FromTheLogToTheSum_OnlySlicesAreAllocated()
    {
        var loop = new EngineLoop(Amounts(number => number * 7919L % Keys));
        loop.Run();

        double perEvent = Allocations.PerEvent(loop.Batches, Events, loop.Run);

        // A batch of 1000 events makes 64 slices, one for each key group, and a slice is an object of about 110 bytes.
        Assert.InRange(perEvent, 0, 8);
    }

    private static Amount[] Amounts(Func<int, long> keyOf) =>
        [.. Enumerable.Range(0, Events).Select(number => new Amount(keyOf(number), 1, new EventTime(number / 100)))];

    private static void Add(Amount[] amounts, Dictionary<long, (long Window, long Sum)> sums)
    {
        const long day = 86_400_000;
        foreach (ref readonly Amount amount in amounts.AsSpan())
        {
            ref (long Window, long Sum) sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, amount.Key, out _);
            sum.Window = amount.At.Milliseconds - amount.At.Milliseconds % day;
            sum.Sum += amount.Value;
        }
    }

    /// <summary>The best round of one by the best round of the other; rounds take turns, and both run equally often.
    /// </summary>
    private static double Ratio(Action one, Action other)
    {
        double leastOfOne = double.MaxValue;
        double leastOfOther = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            leastOfOne = Math.Min(leastOfOne, CpuOf(one));
            leastOfOther = Math.Min(leastOfOther, CpuOf(other));
        }

        return leastOfOne / leastOfOther;
    }

    private static double CpuOf(Action action)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds;
    }
}

/// <summary>Tests that run when no others do, since the CPU time of the process must be theirs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
