namespace Weir.Protocol.Tests.Checkpoints;

using CsCheck;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;

public sealed class RetirementTests
{
    [Fact]
    public void TheLatestAndSavepointsAreKept()
    {
        CompleteCheckpoint[] all = [Of(4), Of(5, "mine"), Of(6), Of(7)];
        Assert.Equal([5, 6, 7], Retirement.Keep(all, 2, confirmed: 6).Select(each => each.Number));
    }

    [Fact]
    public void NothingIsDroppedWhoseOutputIsNotConfirmed()
    {
        CompleteCheckpoint[] all = [Of(4), Of(5), Of(6), Of(7)];
        Assert.Equal([5, 6, 7], Retirement.Keep(all, 1, confirmed: 4).Select(each => each.Number));
    }

    [Fact]
    public void AFileStays_WhileAnythingKeptRefersToIt() =>
        Assert.Equal(["a", "m4"], Retirement.Unneeded(["m4", "a", "b"], ["m5", "b", "c"]));

    [Fact]
    public void TheLatestIsAlwaysKept() => Gen.Select(Gen.Bool.Array[1, 9], Gen.Int[1, 4], Gen.Int[0, 9]).Sample(
        (savepoints, keep, confirmed) =>
        {
            CompleteCheckpoint[] all = [.. savepoints.Select((is_, i) => Of(i + 1, is_ ? $"s{i}" : null))];
            IReadOnlyList<CompleteCheckpoint> kept = Retirement.Keep(all, keep, confirmed);
            Assert.Equal(all[^1], kept[^1]);
            Assert.All(all.Except(kept), each => Assert.True(each.Savepoint is null && each.Number <= confirmed));
            Assert.True(kept.Count(each => each.Savepoint is null) >= Math.Min(keep, all.Count(each => each.Savepoint is null)));
        });

    private static CompleteCheckpoint Of(long number, string? savepoint = null) =>
        new(number, 1, $"m{number}", 0, EventTime.MinValue, savepoint);
}
