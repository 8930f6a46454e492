namespace Weir.Grains.Tests.Exchange;

using Weir.Grains.Exchange;

/// <summary>The queue is that of the process, which other tests use as well.</summary>
public sealed class PoolQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task NoMorePiecesThanCoresRunAtOnce_AndAllRun()
    {
        const int Pieces = 200;
        int running = 0;
        int most = 0;
        int done = 0;
        var over = new TaskCompletionSource();
        for (int i = 0; i < Pieces; i++)
            PoolQueue.Run(Piece, TaskScheduler.Default);
        await over.Task.WaitAsync(Patience);
        Assert.InRange(most, 1, Environment.ProcessorCount);

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
        var over = new TaskCompletionSource();
        for (int i = 0; i < 4 * Environment.ProcessorCount; i++)
            PoolQueue.Run(() => throw new InvalidOperationException("A piece that fails."), TaskScheduler.Default);
        PoolQueue.Run(over.SetResult, TaskScheduler.Default);
        await over.Task.WaitAsync(Patience);
    }
}
