namespace Weir.Grains.Checkpoints;

using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Snapshots;

/// <summary>
/// Lets the groups of a silo copy one after the other what was captured, while nothing else waits for a core, so that
/// events and queries get through. Invariant: of the time that all may take, none takes more than its share waiting for
/// that; and when it is over, who still waits for a turn takes it. On a silo that has hardly time to spare each copies at
/// once: a key after the other is the least work. Time is that of the machine, whose cores are shared out.
/// </summary>
/// <remarks>
/// At the barrier of a checkpoint 64 groups have 15,000 changed keys each, a millisecond of copying: all at once they
/// would hold two cores for 32 ms. The first copies 1024 keys, and again when nothing else is to be done, but after 4 ms
/// (250 ms by 64) all that is left; then the second one has 250 ms less what has passed, by 63.
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The semaphore holds nothing without its handle, and a group may wait for it when the silo stops.")]
internal sealed class CopyTurns
{
    // Some 100 us. Who has no more needs no turn.
    private const int RowsAtOnce = 1024;

    // Parts of the second between two checkpoints: in which all are to have copied, and after which nobody waits.
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(350);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    // Of all cores, since the checkpoint before. Who has less to spare copies at once.
    private const double BusyShare = 0.9;
    private static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim _free = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly Lock _gate = new();
    private (long At, TimeSpan Cpu) _sample = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
    private bool _isBusy;
    private int _waiting;

    /// <summary>Copies in the turns of the caller's grain; completes when all has been copied.</summary>
    /// <param name="copy">What was captured.</param>
    /// <param name="isOver">Says that nobody wants the copy any more: then it is left as it is.</param>
    /// <exception cref="Exception">As for <see cref="SegmentCopy.Advance"/>.</exception>
    public async Task CopyAsync(SegmentCopy copy, Func<bool> isOver)
    {
        if (copy.Advance(IsBusy() ? int.MaxValue : RowsAtOnce))
        {
            copy.Finish();
            return;
        }

        long began = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _waiting);
        bool hasTurn = await _free.WaitAsync(Patience);
        TimeSpan share = (Span - Stopwatch.GetElapsedTime(began)) / (Interlocked.Decrement(ref _waiting) + 1);
        try
        {
            await CopyInTurnAsync(copy, isOver, hasTurn ? share : TimeSpan.Zero);
        }
        finally
        {
            if (hasTurn)
                _free.Release();
        }
    }

    private bool IsBusy()
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

    private static async Task CopyInTurnAsync(SegmentCopy copy, Func<bool> isOver, TimeSpan share)
    {
        long began = Stopwatch.GetTimestamp();
        while (!isOver() && !copy.Advance(Stopwatch.GetElapsedTime(began) < share ? RowsAtOnce : int.MaxValue))
        {
            if (ThreadPool.PendingWorkItemCount > 0)
                await Task.Delay(Pause);
            else
                await Task.Yield();
        }

        if (!isOver())
            copy.Finish();
    }
}
