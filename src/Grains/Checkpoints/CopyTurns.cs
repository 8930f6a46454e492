namespace Weir.Grains.Checkpoints;

using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Weir.Grains.Exchange;

/// <summary>
/// Lets the groups of a silo copy one after the other what was captured, a piece at a time, behind all that waits for a
/// thread by then. Invariant: who copies has a third of the time of a core, however long others take; so all are done
/// after three times what copying alone takes, and in between everything else gets its turn. On a silo that has hardly
/// time to spare each copies at once: a key after the other is the least work. A group that gets no turn any more keeps
/// the others waiting for a bounded time.
/// </summary>
/// <remarks>
/// At the barrier of a checkpoint 64 groups have 15,000 changed keys each, a millisecond or two of copying: all at once
/// they would hold two cores for 64 ms. The first copies 1024 keys in 100 us. It gets the next turn after 1 ms, in which
/// 20 slices of events were applied and a query answered, and copies for 500 us; and so on, for 0.4 s in all.
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The semaphore holds nothing without its handle, and a group may wait for it when the silo stops.")]
internal sealed class CopyTurns
{
    // Some 100 us. Who has no more needs no turn.
    private const int FewRows = 1024;

    // Of the time that others had.
    private const double Share = 0.5;
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(4);
    private readonly SemaphoreSlim _free;
    private readonly Func<bool> _isBusy;
    private readonly TimeSpan _patience;

    /// <summary>As a silo needs it.</summary>
    public CopyTurns()
        : this(Math.Max(1, Environment.ProcessorCount / 2), new BusyCores().Any, TimeSpan.FromSeconds(10))
    {
    }

    /// <param name="atOnce">How many groups copy at once, 1 or more.</param>
    /// <param name="isBusy">Whether each is to copy all that it has at once.</param>
    /// <param name="patience">For how long one waits for those before it. One that ends goes on beside them.</param>
    public CopyTurns(int atOnce, Func<bool> isBusy, TimeSpan patience)
    {
        _free = new SemaphoreSlim(atOnce, atOnce);
        _isBusy = isBusy;
        _patience = patience;
    }

    /// <summary>Copies in the turns of the caller's grain; completes when all has been copied.</summary>
    /// <param name="copy">Copies about so many keys; true once nothing is left. What it throws ends the copying.</param>
    /// <param name="turn">What is held while something is copied.</param>
    /// <param name="isOver">Says that nobody wants the copy any more: then it is left as it is.</param>
    public async Task CopyAsync(Func<int, bool> copy, Lock turn, Func<bool> isOver)
    {
        if (Copy(copy, turn, _isBusy() ? int.MaxValue : FewRows))
            return;
        bool hasPlace = await _free.WaitAsync(_patience);
        try
        {
            await CopyInTurnsAsync(copy, turn, isOver);
        }
        finally
        {
            if (hasPlace)
                _free.Release();
        }
    }

    private static async Task CopyInTurnsAsync(Func<int, bool> copy, Lock turn, Func<bool> isOver)
    {
        double rowsPerTick = FewRows / (double)Shortest.Ticks;
        while (!isOver())
        {
            long left = Stopwatch.GetTimestamp();
            await PoolQueue.Yield();
            long began = Stopwatch.GetTimestamp();
            TimeSpan mine = Stopwatch.GetElapsedTime(left, began) * Share;
            mine = mine < Shortest ? Shortest : mine > Longest ? Longest : mine;
            int rows = Math.Max(FewRows, (int)(rowsPerTick * mine.Ticks));
            if (Copy(copy, turn, rows))
                return;
            rowsPerTick = rows / (double)Math.Max(1, Stopwatch.GetElapsedTime(began).Ticks);
        }
    }

    private static bool Copy(Func<int, bool> copy, Lock turn, int rows)
    {
        lock (turn)
            return copy(rows);
    }
}

/// <summary>Looks at each checkpoint how much of its cores the process has used since the one before. Any thread may ask.
/// </summary>
internal sealed class BusyCores
{
    private const double BusyShare = 0.9;
    private static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private (long At, TimeSpan Cpu) _sample = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
    private bool _isBusy;

    /// <summary>Whether it was nearly all.</summary>
    public bool Any()
    {
        lock (_gate)
        {
            TimeSpan passed = Stopwatch.GetElapsedTime(_sample.At);
            if (passed < ShortestSample)
                return _isBusy;
            TimeSpan used = Environment.CpuUsage.TotalTime - _sample.Cpu;
            _isBusy = used > passed * Environment.ProcessorCount * BusyShare;
            _sample = (Stopwatch.GetTimestamp(), _sample.Cpu + used);
            return _isBusy;
        }
    }
}
