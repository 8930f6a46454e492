namespace Weir.Engine.Tests.State;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>Accumulators that are added to, as tables.</summary>
public sealed class AggregatingStateTests
{
    private static readonly AggregatingSlot<long, double> Plain =
        State.Aggregating("mean", new Average<long>(value => value));

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Additions_AreFoldedAtOnce(bool crash)
    {
        JobHarness run = Job(crash, Plain);
        Assert.Equal(
            ["0: False 0", "2: True 7", "4: True 7.5", "6: False 0"],
            Tables.Lines(run, Do(Get), Do(Put, 7), Do(Get), Do(Put, 8), Do(Get), Do(Clear), Do(Get)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Inspect_ShowsTheResult(bool crash)
    {
        JobHarness run = Job(crash, Plain);
        Assert.Empty(Tables.Lines(run, Do(Put, 7), Do(Put, 8)));
        Assert.Equal(7.5, Assert.Single(run.Inspect(Operator, "a")!.State).Value);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ItExpires_ThatLongAfterTheLastAddition_AndBeginsAnew(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100)));
        Assert.Equal(
            ["4: True 6", "7: True 9"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(99), Do(Put, 7), Row.Tick(198), Do(Get), Row.Tick(199), Do(Put, 9),
                Do(Get)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Reads_RenewIt_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), OnRead));
        Assert.Equal(
            ["2: True 5", "4: True 5", "6: False 0"],
            Tables.Lines(run, Do(Put, 5), Row.Tick(99), Do(Get), Row.Tick(198), Do(Get), Row.Tick(298), Do(Get)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WhatHasExpired_IsSeenOnce_AndNeverAddedTo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), Relaxed));
        Assert.Equal(
            ["2: True 5", "3: False 0", "7: True 8"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(500), Do(Get), Do(Get), Do(Put, 7), Row.Tick(900), Do(Put, 8), Do(Get)));
    }

    [Fact]
    public void AnUpgradeToAnotherAccumulator_IsRefused()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => Plain.Upgrading(1, (long old) => old));
        Assert.Contains("'mean'", refused.Message, StringComparison.Ordinal);
    }

    private static JobHarness Job(bool crash, AggregatingSlot<long, double> slot) => Run(crash, slot, (command, key) =>
    {
        IAggregatingState<long, double> state = key.State(slot);
        if (command.At == Put)
            state.Add(command.Value);
        else if (command.At == Clear)
            state.Clear();
        else
            key.Emit(FormattableString.Invariant($"{state.HasValue} {state.Value}"));
    });
}
