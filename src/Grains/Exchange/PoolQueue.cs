namespace Weir.Grains.Exchange;

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

/// <summary>
/// Where groups and sources wait for a thread to work on events. Invariant: of all that waits here no more than one piece
/// for each core is on its way to a thread of the pool or on one, the longest waiting first; so what comes from outside,
/// such as a query that has arrived, waits for a piece or two and not for all.
/// </summary>
/// <remarks>
/// What is begun on a thread of the pool goes into a queue of that thread, which it empties before it looks at the common
/// one: groups and sources that wake one another would keep all others waiting for as long as there are events. A piece is
/// what runs until the first await.
/// </remarks>
internal static class PoolQueue
{
    private static readonly ConcurrentQueue<(Action Piece, TaskScheduler Scheduler)> Waiting = new();
    private static readonly int Places = Environment.ProcessorCount;
    private static int _taken;

    /// <summary>Runs something by a scheduler, behind all that waits now.</summary>
    public static void Run(Action piece, TaskScheduler scheduler)
    {
        Waiting.Enqueue((piece, scheduler));
        TakePlace();
    }

    /// <summary>Goes on where it was awaited, behind all that waits now.</summary>
    public static Awaitable Yield() => default;

    private static void TakePlace()
    {
        int taken = Volatile.Read(ref _taken);
        while (taken < Places)
        {
            int found = Interlocked.CompareExchange(ref _taken, taken + 1, taken);
            if (found == taken)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static _ => RunNext(), null);
                return;
            }

            taken = found;
        }
    }

    private static void RunNext()
    {
        if (Waiting.TryDequeue(out (Action Piece, TaskScheduler Scheduler) next))
        {
            Task.Factory.StartNew(next.Piece, default, TaskCreationOptions.DenyChildAttach, next.Scheduler).ContinueWith(
                static _ => ThreadPool.UnsafeQueueUserWorkItem(static _ => RunNext(), null),
                default,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            return;
        }

        // A full fence: whoever adds a piece after it finds the place free.
        Interlocked.Decrement(ref _taken);
        if (!Waiting.IsEmpty)
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

        public void OnCompleted(Action continuation) => Run(continuation, TaskScheduler.Current);
    }
}
