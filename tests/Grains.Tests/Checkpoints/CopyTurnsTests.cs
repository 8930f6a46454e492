namespace Weir.Grains.Tests.Checkpoints;

using Weir.Grains.Checkpoints;
using Weir.Grains.Tests.Exchange;

public sealed class CopyTurnsTests
{
    private const int ManyRows = 100_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void WhoHasFewKeys_CopiesAtOnce()
    {
        var rows = new Rows(1000);
        Assert.True(new CopyTurns(1, () => false, Patience).CopyAsync(rows.Copy, new Lock(), () => false).IsCompleted);
        Assert.Equal(0, rows.Left);
    }

    [Fact]
    public void OnASiloWithoutTimeToSpare_AllAreCopiedAtOnce()
    {
        var rows = new Rows(ManyRows);
        Assert.True(new CopyTurns(1, () => true, Patience).CopyAsync(rows.Copy, new Lock(), () => false).IsCompleted);
        Assert.Equal((0, 1), (rows.Left, rows.Pieces));
    }

    [Fact]
    public async Task OfSeveralWithManyKeys_OneCopiesAfterTheOther_InPieces_EachInItsTurn()
    {
        var turns = new CopyTurns(1, () => false, Patience);
        var order = new List<int>();
        Rows[] all = [.. Enumerable.Range(0, 4).Select(_ => new Rows(ManyRows))];
        await Task.WhenAll(all.Select((rows, i) => Task.Run(() => CopyAsync(rows, i)))).WaitAsync(Patience);
        Assert.All(all, rows => Assert.Equal(0, rows.Left));
        Assert.All(all, rows => Assert.InRange(rows.Pieces, 2, ManyRows / 1000));

        // The first piece of each comes before it waits; the others of one follow one another.
        Assert.Equal(4, order.Zip(order.Skip(1).Append(-1)).Count(pair => pair.First != pair.Second));

        async Task CopyAsync(Rows rows, int number)
        {
            var turn = new Lock();
            await turns.CopyAsync(Piece, turn, () => false);

            bool Piece(int most)
            {
                Assert.True(turn.IsHeldByCurrentThread);
                if (rows.Pieces > 0)
                {
                    lock (order)
                        order.Add(number);
                }

                return rows.Copy(most);
            }
        }
    }

    [Fact]
    public async Task WhoGetsNoTurnAnyMore_KeepsOthersWaitingForABoundedTime()
    {
        var turns = new CopyTurns(1, () => false, TimeSpan.FromMilliseconds(50));
        using var scheduler = new HeldScheduler();
        var stuck = new Rows(ManyRows);
        Task<Task> begun = Task.Factory.StartNew(
            () => turns.CopyAsync(
                most =>
                {
                    if (stuck.Pieces == 0)
                        scheduler.Hold();
                    return stuck.Copy(most);
                },
                new Lock(),
                () => false),
            default,
            TaskCreationOptions.None,
            scheduler);
        Task first = await begun.WaitAsync(Patience);
        var rows = new Rows(ManyRows);
        await turns.CopyAsync(rows.Copy, new Lock(), () => false).WaitAsync(Patience);
        Assert.Equal((0, 1), (rows.Left, stuck.Pieces));
        Assert.False(first.IsCompleted);
        scheduler.Dispose();

        // Its place is still its own: whoever had none has given none back, which would be one too many.
        await first.WaitAsync(Patience);
        Assert.Equal(0, stuck.Left);
    }

    [Fact]
    public async Task WhatNobodyWants_IsLeftAsItIs_AndTheNextHasItsTurn()
    {
        var turns = new CopyTurns(1, () => false, Patience);
        var left = new Rows(ManyRows);
        await turns.CopyAsync(left.Copy, new Lock(), () => true).WaitAsync(Patience);
        Assert.Equal(1, left.Pieces);
        var rows = new Rows(ManyRows);
        await turns.CopyAsync(rows.Copy, new Lock(), () => false).WaitAsync(Patience);
        Assert.Equal(0, rows.Left);
    }

    [Fact]
    public async Task WhatFails_IsTold_AndTheNextHasItsTurn()
    {
        var turns = new CopyTurns(1, () => false, Patience);
        var failing = new Rows(ManyRows);
        await Assert.ThrowsAsync<InvalidOperationException>(() => turns.CopyAsync(
            most => failing.Pieces > 0 ? throw new InvalidOperationException("A codec.") : failing.Copy(most),
            new Lock(),
            () => false));
        var rows = new Rows(ManyRows);
        await turns.CopyAsync(rows.Copy, new Lock(), () => false).WaitAsync(Patience);
        Assert.Equal(0, rows.Left);
    }

    private sealed class Rows(int count)
    {
        public int Left { get; private set; } = count;

        public int Pieces { get; private set; }

        public bool Copy(int most)
        {
            Pieces++;
            Left = Math.Max(0, Left - most);
            return Left == 0;
        }
    }
}
