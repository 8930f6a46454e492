namespace Weir.Grains.Exchange;

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

/// <summary>
/// Where groups wait for a thread to work on events. Invariant: of all that waits here no more than one piece for each
/// core is on its way to a thread of the pool or on one, the longest waiting first; so what comes from outside, such as a
/// query that has arrived, waits for a piece or two and not for all. Where functions block, so that cores are idle while
/// pieces wait, there are more.
/// </summary>
/// <remarks>
/// What is begun on a thread of the pool goes into a queue of that thread, which it empties before it looks at the common
/// one: groups that wake one another would keep all others waiting for as long as there are events. A piece is what runs
/// until the first await.
/// </remarks>
/// <param name="places">How many pieces may be under way.</param>
/// <param name="hasIdleCores">Whether one more may be, though they are; asked whenever pieces wait.</param>
internal sealed class PoolQueue(int places, Func<bool> hasIdleCores)
{
    private readonly ConcurrentQueue<(Action Piece, TaskScheduler Scheduler)> _waiting = new();
    private int _taken;

    /// <summary>That of the process.</summary>
    public static PoolQueue Shared { get; } = new(Environment.ProcessorCount, new IdleCores().Any);

    /// <summary>Goes on where it was awaited, behind all that waits now in the queue of the process.</summary>
    public static Awaitable Yield() => default;

    /// <summary>Runs something by a scheduler, behind all that waits now.</summary>
    public void Run(Action piece, TaskScheduler scheduler)
    {
        _waiting.Enqueue((piece, scheduler));
        TakePlace();
        AddPlace();
    }

    private void TakePlace()
    {
        int taken = Volatile.Read(ref _taken);
        while (taken < places)
        {
            int found = Interlocked.CompareExchange(ref _taken, taken + 1, taken);
            if (found == taken)
            {
                BeginNext();
                return;
            }

            taken = found;
        }
    }

    // It is given up again as soon as nothing waits.
    private void AddPlace()
    {
        if (_waiting.IsEmpty || !hasIdleCores())
            return;
        Interlocked.Increment(ref _taken);
        BeginNext();
    }

    private void BeginNext() =>
        ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.RunNext(), this, preferLocal: false);

    private void RunNext()
    {
        if (_waiting.TryDequeue(out (Action Piece, TaskScheduler Scheduler) next))
        {
            AddPlace();
            Task.Factory.StartNew(next.Piece, default, TaskCreationOptions.DenyChildAttach, next.Scheduler).ContinueWith(
                static (_, queue) => ((PoolQueue)queue!).BeginNext(),
                this,
                default,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            return;
        }

        // A full fence: whoever adds a piece after it finds the place free.
        Interlocked.Decrement(ref _taken);
        if (!_waiting.IsEmpty)
            TakePlace();
    }

    /// <summary>See <see cref="Yield"/>.</summary>
    public readonly struct Awaitable : INotifyCompletion
    {
        public bool IsCompleted => false;

        public Awaitable GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => Shared.Run(continuation, TaskScheduler.Current);
    }
}

/// <summary>Looks now and then how much of its cores the process has used. Any thread may ask.</summary>
internal sealed class IdleCores
{
    private const long Milliseconds = 100;
    private const double IdleShare = 0.5;
    private long _looked = Environment.TickCount64;
    private double _used = Environment.CpuUsage.TotalTime.TotalMilliseconds;

    /// <summary>Whether it was less than half, in the last tenth of a second; true only once for each.</summary>
    public bool Any()
    {
        long now = Environment.TickCount64;
        long last = Volatile.Read(ref _looked);
        if (now - last < Milliseconds || Interlocked.CompareExchange(ref _looked, now, last) != last)
            return false;
        double used = Environment.CpuUsage.TotalTime.TotalMilliseconds;
        double since = used - Interlocked.Exchange(ref _used, used);

        // Nobody has asked for long where nothing had to wait.
        return now - last < 2 * Milliseconds && since < (now - last) * Environment.ProcessorCount * IdleShare;
    }
}
