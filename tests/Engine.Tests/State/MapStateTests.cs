namespace Weir.Engine.Tests.State;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>Maps, as tables. A value of 53 is the entry 5 with the value 3; the value 0 is null.</summary>
public sealed class MapStateTests
{
    private const int All = 7;
    private static readonly MapSlot<long, string?> Plain = State.Map<long, string?>("map");

    public static TheoryData<bool, bool> Kinds =>
        new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Entries_KeepTheOrderOfTheirFirstInsertion(bool crash, bool expires)
    {
        JobHarness run = Job(crash, expires ? Plain.ExpiresAfter(Ms(100)) : Plain);
        Assert.Equal(
            [
                "0: []", "4: [5:3,2:null]", "6: [5:4,2:null]", "7: True", "8: True null", "9: False none", "10: 2",
                "11: True", "12: False", "14: [2:null,5:1]", "16: 0",
            ],
            Tables.Lines(
                run, Do(All), Do(Put, 53), Do(Put, 20), Do(Put, 20), Do(All), Do(Put, 54), Do(All), Do(Has, 20),
                Do(Get, 20), Do(Get, 70), Do(Count), Do(Remove, 50), Do(Remove, 50), Do(Put, 51), Do(All), Do(Clear),
                Do(Count)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Entries_ExpireOneByOne_InTheOrderOfTheirUpdates(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100)));
        Assert.Equal(
            ["5: [1:3,2:2]", "7: [1:3]", "9: [1:3,2:5]", "11: 1", "12: [2:5]"],
            Tables.Lines(
                run, Do(Put, 11), Do(Put, 22), Row.Tick(50), Do(Put, 13), Row.Tick(99), Do(All), Row.Tick(100),
                Do(All), Do(Put, 25), Do(All), Row.Tick(150), Do(Count), Do(All)));
        Assert.Equal(
            [new KeyValuePair<long, string?>(2, "5")],
            Assert.IsType<KeyValuePair<long, string?>[]>(Assert.Single(run.Inspect(Operator, "a")!.State).Value));
        run.AdvanceClock(T(200));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Reads_RenewWhatTheyRead_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), OnRead));
        Assert.Equal(
            ["4: True 1", "5: True", "6: 3", "8: [1:1,2:2]", "10: [1:1,2:2]", "12: []"],
            Tables.Lines(
                run, Do(Put, 11), Do(Put, 22), Do(Put, 33), Row.Tick(99), Do(Get, 10), Do(Has, 20), Do(Count),
                Row.Tick(100), Do(All), Row.Tick(199), Do(All), Row.Tick(299), Do(All)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void EntriesThatHaveExpired_AreSeenOnce_IfItSaysSo(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), Relaxed));
        Assert.Equal(
            ["5: True", "6: True 1", "7: False none", "8: 2", "9: [2:2,3:3]", "10: [3:3]", "12: True", "13: False"],
            Tables.Lines(
                run, Do(Put, 11), Do(Put, 22), Row.Tick(50), Do(Put, 33), Row.Tick(100), Do(Has, 10), Do(Get, 10),
                Do(Get, 10), Do(Count), Do(All), Do(All), Row.Tick(150), Do(Remove, 30), Do(Has, 30)));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnEntryThatIsSetAfterItExpired_IsANewOne_AtTheEnd(bool crash)
    {
        JobHarness run = Job(crash, Plain.ExpiresAfter(Ms(100), new TimeToLive { Cleanup = false }));
        Assert.Equal(
            ["5: [2:2,1:3]"],
            Tables.Lines(run, Do(Put, 11), Row.Tick(50), Do(Put, 22), Row.Tick(100), Do(Put, 13), Do(All)));
    }

    private static JobHarness Job(bool crash, MapSlot<long, string?> slot) => Run(crash, slot, (command, key) =>
    {
        IMapState<long, string?> state = key.State(slot);
        (long name, long digit) = Math.DivRem(command.Value, 10);
        switch (command.At)
        {
            case Put: state[name] = digit == 0 ? null : $"{digit}"; break;
            case Clear: state.Clear(); break;
            case Has: key.Emit($"{state.Contains(name)}"); break;
            case Remove: key.Emit($"{state.Remove(name)}"); break;
            case Count: key.Emit($"{state.Count}"); break;
            case Get: key.Emit(state.TryGet(name, out string? value) ? $"True {value ?? "null"}" : "False none"); break;
            default: key.Emit($"[{string.Join(',', state.Entries.Select(Show))}]"); break;
        }
    });

    private static string Show(KeyValuePair<long, string?> entry) => $"{entry.Key}:{entry.Value ?? "null"}";
}
