namespace Weir.Engine.Tests.State;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>Lists, as tables.</summary>
public sealed class ListStateTests
{
    private const int Twice = 7;
    private static readonly ListSlot<long> Plain = State.List<long>("list");

    public static TheoryData<bool, bool> Kinds =>
        new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Items_KeepTheirOrder(bool crash, bool expires)
    {
        JobHarness run = Job(crash, expires ? Plain.ExpiresAfter(Ms(100)) : Plain);
        Assert.Equal(
            ["0: []", "4: [5,6,5]", "6: [5,6,5,5,6,5]", "8: [9,9]", "10: []"],
            Tables.Lines(
                run, Do(Get), Do(Put, 5), Do(Put, 6), Do(Put, 5), Do(Get), Do(Twice), Do(Get), Do(Remove, 9), Do(Get),
                Do(Clear), Do(Get)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Items_ExpireOneByOne(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100)));
        Assert.Equal(
            ["6: [5,6,7]", "8: [6,7]", "11: [7,8]"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(40), Do(Put, 6), Row.Tick(80), Do(Put, 7), Row.Tick(99), Do(Get),
                Row.Tick(100), Do(Get), Row.Tick(140), Do(Put, 8), Do(Get)));
        Assert.Equal(new long[] { 7, 8 }, Assert.Single(run.Inspect(Operator, "a")!.State).Value);
        run.AdvanceClock(T(240));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ARead_RenewsAllItems_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), OnRead));
        Assert.Equal(
            ["4: [5,6]", "6: [5,6]", "8: []"],
            Tables.Lines(
                run, Do(Put, 5), Row.Tick(50), Do(Put, 6), Row.Tick(99), Do(Get), Row.Tick(198), Do(Get),
                Row.Tick(298), Do(Get)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ItemsThatHaveExpired_AreSeenOnce_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), Relaxed));
        Assert.Empty(Tables.Lines(run, Do(Put, 5), Row.Tick(50), Do(Put, 6), Row.Tick(120)));
        Assert.Equal(new long[] { 6 }, Assert.Single(run.Inspect(Operator, "a")!.State).Value);
        Assert.Equal(
            ["0: [5,6]", "1: [6]", "3: [6]", "4: []"],
            Tables.Lines(run, Do(Get), Do(Get), Row.Tick(150), Do(Get), Do(Get)));
        Assert.Equal(0, run.Keys(Operator));
    }

    private static JobHarness Job(bool crash, ListSlot<long> slot) => Run(crash, slot, (command, key) =>
    {
        IListState<long> state = key.State(slot);
        switch (command.At)
        {
            case Put: state.Add(command.Value); break;
            case Twice: state.AddRange(state.Items); break;
            case Remove: state.Replace([command.Value, command.Value]); break;
            case Clear: state.Clear(); break;
            default: key.Emit($"[{string.Join(',', state.Items)}]"); break;
        }
    });
}
