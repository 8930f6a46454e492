namespace Weir.Engine.Tests.State;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>One value per key, as tables.</summary>
public sealed class ValueStateTests
{
    private static readonly ValueSlot<long> Plain = State.Value<long>("value");

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AValue_IsThereUntilItIsCleared(bool crash)
    {
        JobHarness run = Job(crash, Plain);
        Assert.Equal(
            ["0: False", "1: 0", "3: True", "4: 7", "6: False"],
            Tables.Lines(run, Do(Has), Do(Get), Do(Put, 7), Do(Has), Do(Get), Do(Clear), Do(Has)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ItExpires_ThatLongAfterItWasWritten(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100)));
        Assert.Equal(
            ["2: 5", "5: 6", "7: 6", "9: 0"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(50), Do(Get), Do(Put, 6), Row.Tick(100), Do(Get), Row.Tick(149), Do(Get),
                Row.Tick(150), Do(Get)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Reads_RenewIt_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), OnRead));
        Assert.Equal(
            ["2: 5", "4: True", "6: 5", "8: False"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(99), Do(Get), Row.Tick(198), Do(Has), Row.Tick(297), Do(Get),
                Row.Tick(397), Do(Has)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WhatHasExpired_IsSeenOnce_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), Relaxed));
        Assert.Equal(
            ["2: True", "3: 5", "4: False", "5: 0"],
            Tables.Lines(run, Do(Put, 5), Row.Tick(500), Do(Has), Do(Get), Do(Has), Do(Get)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WithoutCleanup_OnlyReadsRemoveIt(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), new TimeToLive { Cleanup = false }));
        Assert.Empty(Tables.Lines(run, Do(Put, 5), Row.Tick(500)));
        Assert.Equal(1, run.Keys(Operator));
        Assert.Empty(run.Inspect(Operator, "a")!.State);
        Assert.Equal(["0: False"], Tables.Lines(run, Do(Has)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheLongestTimeToLive_IsForEver(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(TimeSpan.MaxValue));
        Assert.Equal(["3: 5"], Tables.Lines(run, Row.Tick(10), Do(Put, 5), Row.Tick(long.MaxValue - 1), Do(Get)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Plain.ExpiresAfter(TimeSpan.Zero));
    }

    private static JobHarness Job(bool crash, ValueSlot<long> slot) => Run(crash, slot, (command, key) =>
    {
        IValueState<long> state = key.State(slot);
        if (command.At == Put)
            state.Value = command.Value;
        else if (command.At == Clear)
            state.Clear();
        else
            key.Emit(command.At == Has ? $"{state.HasValue}" : $"{state.Value}");
    });
}
