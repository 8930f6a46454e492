namespace Weir.Engine.Tests.State;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>What nobody reads any more does not stay.</summary>
public sealed class CleanupTests
{
    private static readonly Topic<Reading> Second = Topic.Of<Reading>("second");
    private static readonly ValueSlot<long> Value = State.Value<long>("value").ExpiresAfter(Ms(100));
    private static readonly ListSlot<long> Items = State.List<long>("items").ExpiresAfter(Ms(50));
    private static readonly ValueSlot<long> Lasting = State.Value<long>("lasting");

    [Fact]
    public void DeadKeys_AreGone_AsTheClockPasses()
    {
        const int keys = 100_000;
        JobHarness run = Run(crash: false, Value, Put);
        for (int from = 0; from < keys; from += 1000)
        {
            run.AdvanceClock(T(from / 1000));
            run.Send(Input, [.. Enumerable.Range(from, 1000).Select(number => new Reading($"key-{number}", 0))]);
        }

        Assert.Equal(keys, run.Keys(Operator));
        for (int clock = 99; clock < 200; clock++)
        {
            run.AdvanceClock(T(clock));
            Assert.Equal(keys - Math.Max(0, clock - 99) * 1000, run.Keys(Operator));
        }

        run.CrashAndRestore();
        run.Send(Input, new Reading("key-0", 0));
        Assert.Equal(1, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AKey_StaysWhileItHasAnythingElse(bool crash)
    {
        JobHarness run = Run(crash, Value, PutAll, Items, Lasting);
        run.Send(Input, new Reading("a", 0, 1), new Reading("b", 0, 2));
        run.AdvanceClock(T(50));
        Assert.Equal(["value", "lasting"], run.Inspect(Operator, "a")!.State.Select(each => each.Name));
        run.AdvanceClock(T(100));
        Assert.Equal(["lasting"], run.Inspect(Operator, "a")!.State.Select(each => each.Name));
        Assert.Null(run.Inspect(Operator, "b"));
        Assert.Equal(1, run.Keys(Operator));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheTimeOfAStandstill_Counts(bool crash)
    {
        JobHarness run = Run(crash, Value, Put);
        run.Send(Input, new Reading("a", 0));
        byte[] snapshot = run.Snapshot();
        run.AdvanceClock(T(99));
        run.Restore(snapshot);
        Assert.Equal(1, run.Keys(Operator));
        run.Send(Input, new Reading("b", 0));
        run.AdvanceClock(T(100));
        Assert.Equal((1, null), (run.Keys(Operator), run.Inspect(Operator, "a")));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ATopicThatNobodySendsTo_DoesNotStopTheClock(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => job.From(Input).Union(job.From(Second)).KeyBy(each => each.Key)
                .Process(Operator, new Scripted([Value], Put)).To(Tables.Texts)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 0));
        Assert.Equal(T(0), run.Inspect(Operator, "a")!.Clock);
        run.AdvanceClock(T(99));
        Assert.Equal(1, run.Keys(Operator));
        run.AdvanceClock(T(100));
        Assert.Equal(0, run.Keys(Operator));
    }

    [Fact]
    public void TheClockIsWaitedFor_WhileSomethingWillExpire()
    {
        GroupProgram group = Group(Value);
        Assert.False(group.WaitsForClock);
        Apply(group, 10, "a");
        Assert.True(group.WaitsForClock);
        Apply(group, 109);
        Assert.True(group.WaitsForClock);
        Apply(group, 110);
        Assert.False(group.WaitsForClock);
    }

    [Fact]
    public void TheClockIsNotWaitedFor_WithoutCleanupOrEnd()
    {
        GroupProgram kept = Group(Value.ExpiresAfter(Ms(100), new TimeToLive { Cleanup = false }));
        Apply(kept, 10, "a");
        GroupProgram endless = Group(Value.ExpiresAfter(TimeSpan.MaxValue));
        Apply(endless, 10, "a");
        GroupProgram plain = Group(Lasting);
        Apply(plain, 10, "a");
        Assert.Equal((1, 1, 1), (kept.Rows, endless.Rows, plain.Rows));
        Assert.False(kept.WaitsForClock || endless.WaitsForClock || plain.WaitsForClock);
    }

    [Fact]
    public void ManyStepsOfTheClockOrOne_GiveTheSameBytes()
    {
        GroupProgram one = Group(Value);
        GroupProgram many = Group(Value);
        foreach (GroupProgram group in (GroupProgram[])[one, many])
        {
            Apply(group, 0, "a", "b");
            Apply(group, 40, "c", "d", "a");
        }

        foreach (long clock in (long[])[99, 100, 120, 139])
            Apply(many, clock);
        Apply(many, 140);
        Apply(one, 140);
        Apply(many, 150, "b", "e");
        Apply(one, 150, "b", "e");
        Assert.Equal(2, one.Rows);
        Assert.Equal(one.Snapshot(), many.Snapshot());
    }

    private static void Put(Reading reading, IKeyContext<string, string> key) =>
        key.State(Value).Value = reading.Value;

    private static void PutAll(Reading reading, IKeyContext<string, string> key)
    {
        key.State(Value).Value = reading.Value;
        key.State(Items).Add(reading.Value);
        if (key.Key == "a")
            key.State(Lasting).Value = reading.Value;
    }

    private static GroupProgram Group(ValueSlot<long> slot)
    {
        var codecs = new CodecRegistry();
        var function = new Scripted([slot], (reading, key) => key.State(slot).Value = reading.Value);
        var job = new TestJob(job => job.KeyGroups(1).From(Input).KeyBy(Input.Key).Process(Operator, function));
        var plan = new JobPlan(JobGraph.Build(job, codecs), codecs, new Dictionary<string, int> { [Input.Name] = 1 });
        return plan.CreateGroup(0, 0);
    }

    /// <summary>The clock moves, then events of keys come.</summary>
    private static void Apply(GroupProgram group, long clock, params string[] keys)
    {
        var slice = new Slice<Reading>(new SliceTarget(0, 0, 0, 0), new CodecRegistry().For<Reading>());
        slice.AddMark(EventTime.MinValue, T(clock), idle: false);
        foreach (string key in keys)
            slice.Add(new Reading(key, 0), EventTime.None);
        group.Apply(slice);
    }
}
