namespace Weir.Grains.Tests.Exchange;

using Weir.Grains.Exchange;

public sealed class PoolQueueTests
{
    private const int Places = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task NoMorePiecesThanPlacesRunAtOnce_AndAllRun()
    {
        const int Pieces = 200;
        var queue = new PoolQueue(Places, () => false);
        int running = 0;
        int most = 0;
        int done = 0;
        var over = new TaskCompletionSource();
        for (int i = 0; i < Pieces; i++)
            queue.Run(Piece, TaskScheduler.Default);
        await over.Task.WaitAsync(Patience);
        Assert.InRange(most, 1, Places);

        void Piece()
        {
            int now = Interlocked.Increment(ref running);
            int seen;
            while ((seen = Volatile.Read(ref most)) < now)
                Interlocked.CompareExchange(ref most, now, seen);
            Thread.SpinWait(1000);
            Interlocked.Decrement(ref running);
            if (Interlocked.Increment(ref done) == Pieces)
                over.SetResult();
        }
    }

    [Fact]
    public async Task WhoWaitedLongest_RunsFirst()
    {
        var queue = new PoolQueue(1, () => false);
        var order = new List<int>();
        var over = new TaskCompletionSource();
        for (int i = 0; i < 100; i++)
        {
            int number = i;
            queue.Run(() => order.Add(number), TaskScheduler.Default);
        }

        queue.Run(over.SetResult, TaskScheduler.Default);
        await over.Task.WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 100), order);
    }

    [Fact]
    public async Task WherePiecesBlockAndCoresAreIdle_MoreRun()
    {
        var queue = new PoolQueue(Places, () => true);
        using var all = new CountdownEvent(Places + 2);
        var over = new TaskCompletionSource();
        for (int i = 0; i < all.InitialCount; i++)
        {
            queue.Run(
                () =>
                {
                    all.Signal();
                    if (all.Wait(Patience))
                        over.TrySetResult();
                },
                TaskScheduler.Default);
        }

        await over.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task WhoYields_GoesOnByItsScheduler()
    {
        TaskScheduler one = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        TaskScheduler? after = null;
        Task<Task> begun = Task.Factory.StartNew(
            async () =>
            {
                await PoolQueue.Yield();
                after = TaskScheduler.Current;
            },
            default,
            TaskCreationOptions.None,
            one);
        await begun.Unwrap().WaitAsync(Patience);
        Assert.Same(one, after);
    }

    [Fact]
    public async Task APieceThatFails_KeepsNobodyBack()
    {
        var queue = new PoolQueue(Places, () => false);
        var over = new TaskCompletionSource();
        for (int i = 0; i < 4 * Places; i++)
            queue.Run(() => throw new InvalidOperationException("A piece that fails."), TaskScheduler.Default);
        queue.Run(over.SetResult, TaskScheduler.Default);
        await over.Task.WaitAsync(Patience);
    }
}
