namespace Weir.Engine.Tests.State;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>Values that are folded as they are added, as tables.</summary>
public sealed class ReducingStateTests
{
    private static readonly ReducingSlot<string> Plain =
        State.Reducing<string>("joined", (left, right) => right == "-" ? null! : $"{left}+{right}");

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Additions_AreFoldedAtOnce_InOrder(bool crash)
    {
        JobHarness run = Job(crash, Plain);
        Assert.Equal(
            ["0: False", "1: none", "3: 7", "5: 7+8", "7: none", "9: 9"],
            Tables.Lines(
                run, Do(Has), Do(Get), Do(Put, 7), Do(Get), Do(Put, 8), Do(Get), Do(Clear), Do(Get), Do(Put, 9),
                Do(Get)));
        Assert.Equal("9", Assert.Single(run.Inspect(Operator, "a")!.State).Value);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AFoldThatGivesNull_Clears(bool crash)
    {
        JobHarness run = Job(crash, Plain);
        Assert.Equal(["2: none"], Tables.Lines(run, Do(Put, 7), Do(Put, -1), Do(Get)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ItExpires_ThatLongAfterTheLastAddition_AndBeginsAnew(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100)));
        Assert.Equal(
            ["4: 5+6", "7: 7"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(99), Do(Put, 6), Row.Tick(198), Do(Get), Row.Tick(199), Do(Put, 7),
                Do(Get)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Reads_RenewIt_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), OnRead));
        Assert.Equal(
            ["2: 5", "4: 5", "6: none"],
            Tables.Lines(run, Do(Put, 5), Row.Tick(99), Do(Get), Row.Tick(198), Do(Get), Row.Tick(298), Do(Get)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WhatHasExpired_IsSeenOnce_AndNeverAddedTo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), Relaxed));
        Assert.Equal(
            ["2: 5", "3: none", "7: 8"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(500), Do(Get), Do(Get), Do(Put, 7), Row.Tick(900), Do(Put, 8), Do(Get)));
    }

    private static JobHarness Job(bool crash, ReducingSlot<string> slot) => Run(crash, slot, (command, key) =>
    {
        IReducingState<string> state = key.State(slot);
        if (command.At == Put)
            state.Add(command.Value < 0 ? "-" : $"{command.Value}");
        else if (command.At == Clear)
            state.Clear();
        else
            key.Emit(command.At == Has ? $"{state.HasValue}" : state.Value ?? "none");
    });
}
