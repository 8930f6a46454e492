namespace Weir.Engine.Tests.State;

using Weir.Engine.Aggregates;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>
/// State goes on over changes of its function: each test stores with one function and restores with another.
/// </summary>
public sealed class StateVersionTests
{
    private static readonly ValueSlot<Account> Accounts = State.Value<Account>("account");
    private static readonly ValueSlot<long> Number = State.Value<long>("number");

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnOlderValue_IsUpgraded_AndStoredAnew(bool crash)
    {
        ValueSlot<AccountOne> one = State.Value<AccountOne>("account");
        byte[] first = Stored(one, (reading, key) => key.State(one).Value = new AccountOne("ada"));
        ValueSlot<AccountTwo> two = State.Value<AccountTwo>("account")
            .Upgrading<AccountOne>(1, old => new AccountTwo(old.Owner, 5));
        JobHarness second = Restored(first, crash, two);
        Assert.Equal(new AccountTwo("ada", 5), Held(second));
        ValueSlot<Account> three = Accounts
            .Upgrading<AccountOne>(1, old => new Account(old.Owner, 0, "none"))
            .Upgrading<AccountTwo>(2, old => new Account(old.Owner, old.Balance, "EUR"));
        Assert.Equal(new Account("ada", 0, "none"), Held(Restored(first, crash, three)));
        Assert.Equal(new Account("ada", 5, "EUR"), Held(Restored(second.Snapshot(), crash, three)));
    }

    [Fact]
    public void TheOldType_MayHaveGotAnotherName_ButNotAnotherShape()
    {
        byte[] stored = Stored(Accounts, (reading, key) => key.State(Accounts).Value = new Account("ada", 7, "EUR"));
        var upgraded = State.Value<long>("account").Upgrading<AccountThree>(1, old => old.Balance);
        Assert.Equal(7L, Held(Restored(stored, crash: false, upgraded)));
        var wrong = State.Value<long>("account").Upgrading<AccountTwo>(1, old => old.Balance);
        Assert.Throws<StateSchemaException>(() => Restored(stored, crash: false, wrong));
    }

    [Fact]
    public void EqualShapes_AreUpgradedToo_ForTheirMeaningMayDiffer()
    {
        byte[] euros = Stored(Number, (reading, key) => key.State(Number).Value = 3);
        ValueSlot<long> cents = Number.Upgrading<long>(1, old => old * 100);
        JobHarness second = Restored(euros, crash: true, cents);
        Assert.Equal(300L, Held(second));
        Assert.Equal(300L, Held(Restored(second.Snapshot(), crash: true, cents)));
        Assert.Equal(300L, Held(Restored(second.Snapshot(), crash: true, Number)));
        Assert.Throws<StateSchemaException>(() =>
            Restored(euros, crash: false, Number.Upgrading<long>(2, old => old)));
    }

    [Fact]
    public void ItemsEntriesAndAccumulators_AreUpgradedToo()
    {
        ListSlot<int> list = State.List<int>("list");
        MapSlot<string, int> map = State.Map<string, int>("map");
        ReducingSlot<int> reducing = State.Reducing<int>("reducing", (left, right) => left + right);
        AggregatingSlot<int, int> aggregating = State.Aggregating("aggregating", new Sum<int, int>(each => each));
        byte[] stored = Stored(
            list,
            (reading, key) =>
            {
                key.State(list).AddRange([1, 2]);
                key.State(map)["x"] = 3;
                key.State(reducing).Add(4);
                key.State(aggregating).Add(5);
            },
            map, reducing, aggregating);
        JobHarness run = Restored(
            stored,
            crash: true,
            State.List<string>("list").Upgrading<int>(1, old => $"{old}").ExpiresAfter(Ms(100)),
            State.Map<string, string>("map").Upgrading<int>(1, old => $"{old}").ExpiresAfter(Ms(100)),
            State.Reducing<string>("reducing", string.Concat).Upgrading<int>(1, old => $"{old}").ExpiresAfter(Ms(100)),
            State.Aggregating("aggregating", new Average<int>(each => each))
                .Upgrading(1, (int old) => ((double)old, 2L)).ExpiresAfter(Ms(100)));
        object?[] held = [.. run.Inspect(Operator, "a")!.State.Select(each => each.Value)];
        Assert.Equal(new[] { "1", "2" }, held[0]);
        Assert.Equal(new[] { new KeyValuePair<string, string>("x", "3") }, held[1]);
        Assert.Equal(["4", 2.5], held[2..]);
        run.AdvanceClock(T(100));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnAddedState_BeginsEmpty_WhereverItStands(bool crash)
    {
        byte[] stored = Stored(Number, (reading, key) => key.State(Number).Value = 3);
        ListSlot<long> added = State.List<long>("added");
        JobHarness run = Run(
            crash,
            added,
            (reading, key) => key.Emit($"{key.State(Number).Value} {key.State(added).Items.Count}"),
            Number);
        run.Restore(stored);
        run.Send(Input, new Reading("a", 0));
        Assert.Equal(["3 0"], run.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AStateThatIsGone_MustBeGivenUp(bool crash)
    {
        byte[] stored = Stored(
            Number,
            (reading, key) =>
            {
                key.State(Accounts).Value = new Account(key.Key, 1, "EUR");
                if (key.Key == "a")
                    key.State(Number).Value = 3;
            },
            Accounts);
        StateSchemaException lost =
            Assert.Throws<StateSchemaException>(() => Restored(stored, crash, Number));
        Assert.Equal((Operator, "account"), (lost.OperatorName, lost.StateName));
        Assert.Contains("State.Dropped(\"account\")", lost.Message, StringComparison.Ordinal);
        JobHarness run = Restored(stored, crash, Number, State.Dropped("account"));
        Assert.Equal(3L, Held(run));
        Assert.Equal(1, run.Keys(Operator));
        Assert.Equal(3L, Held(Restored(run.Snapshot(), crash, Number)));
    }

    [Fact]
    public void AnotherType_IsRefused_WithBothFormsAndWhatToDo()
    {
        byte[] stored = Stored(Number, (reading, key) => key.State(Number).Value = 3);
        string message = Refusal(stored, State.Value<string>("number"));
        Assert.Contains(
            "'state' holds the state 'number' as value of long, version 1", message, StringComparison.Ordinal);
        Assert.Contains("declares it as value of string, version 1", message, StringComparison.Ordinal);
        Assert.Contains("Upgrading how to read version 1", message, StringComparison.Ordinal);
        Assert.Contains("list of long", Refusal(stored, State.List<long>("number")), StringComparison.Ordinal);
        MapSlot<int, long> map = State.Map<int, long>("number");
        byte[] ints = Stored(map, (reading, key) => key.State(map)[1] = 1);
        Assert.Contains(
            "map from string of long", Refusal(ints, State.Map<string, long>("number")), StringComparison.Ordinal);
    }

    [Fact]
    public void AnOldTypeWithoutCodec_IsFoundInTheGraph()
    {
        var fault = Assert.Throws<JobDefinitionException>(() =>
            Run(crash: false, Number.Upgrading<Action>(1, _ => 1), (_, _) => { }));
        Assert.Contains("System.Action", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Number.Upgrading<int>(0, old => old));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ATimeToLive_CanBeTurnedOn_AndCountsFromTheRestore(bool crash)
    {
        JobHarness stored = Run(crash: false, Number, (reading, key) => key.State(Number).Value = 3);
        stored.Send(Input, new Reading("a", 0));
        stored.AdvanceClock(T(40));
        JobHarness run = Restored(stored.Snapshot(), crash, Number.ExpiresAfter(Ms(100)));
        run.AdvanceClock(T(139));
        Assert.Equal(3L, Held(run));
        run.AdvanceClock(T(140));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ATimeToLive_CanBeTurnedOffOrChanged_AndCountsFromTheUpdate(bool crash)
    {
        ValueSlot<long> expiring = Number.ExpiresAfter(Ms(100));
        JobHarness stored = Run(crash: false, expiring, (reading, key) => key.State(expiring).Value = 3);
        stored.Send(Input, new Reading("a", 0));
        stored.AdvanceClock(T(60));
        byte[] snapshot = stored.Snapshot();
        JobHarness off = Restored(snapshot, crash, Number);
        off.AdvanceClock(T(10_000));
        Assert.Equal(3L, Held(off));
        JobHarness longer = Restored(snapshot, crash, Number.ExpiresAfter(Ms(200)));
        longer.AdvanceClock(T(199));
        Assert.Equal(3L, Held(longer));
        longer.AdvanceClock(T(200));
        Assert.Equal(0, longer.Keys(Operator));
        Assert.Equal(0, Restored(snapshot, crash, Number.ExpiresAfter(Ms(60))).Keys(Operator));
    }

    private static byte[] Stored(
        StateSlot slot, Action<Reading, IKeyContext<string, string>> write, params StateSlot[] others)
    {
        JobHarness run = Run(crash: false, slot, write, others);
        run.Send(Input, new Reading("a", 0), new Reading("b", 0));
        return run.Snapshot();
    }

    private static JobHarness Restored(byte[] snapshot, bool crash, StateSlot slot, params StateSlot[] others)
    {
        JobHarness run = Run(crash, slot, (_, _) => { }, others);
        run.Restore(snapshot);
        return run;
    }

    private static string Refusal(byte[] snapshot, StateSlot slot) =>
        Assert.Throws<StateSchemaException>(() => Restored(snapshot, crash: false, slot)).Message;

    private static object? Held(JobHarness run) => Assert.Single(run.Inspect(Operator, "a")!.State).Value;

    public sealed record AccountOne(string Owner);

    public sealed record AccountTwo(string Owner, long Balance);

    public sealed record AccountThree(string Owner, long Balance, string Currency);

    public sealed record Account(string Owner, long Balance, string Currency);
}
