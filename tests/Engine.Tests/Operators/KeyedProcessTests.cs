namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using static Weir.Engine.Tests.Reading;

/// <summary>Functions with state and timers, as tables: what each row of input makes them say.</summary>
public sealed class KeyedProcessTests
{
    private static readonly View<string, string> Last = new("last");
    private static readonly SideOutput<long> Big = new("big");

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void State_OfAllKinds_BelongsToItsKey(bool crash, int partitions)
    {
        JobHarness run = Job(new Remembers(), crash, partitions);
        Assert.Equal(
            [
                "0: a count=1 list=[5] map=[5:1]",
                "1: b count=1 list=[7] map=[7:1]",
                "2: a count=2 list=[5,3] map=[5:1,3:1]",
                "3: a count=3 list=[5,3,5] map=[5:2,3:1]",
                "5: a count=1 list=[9] map=[9:1]",
            ],
            Tables.Lines(
                run, new Reading("a", 1, 5), new Reading("b", 1, 7), new Reading("a", 2, 3), new Reading("a", 3, 5),
                new Reading("a", 4, -1), new Reading("a", 5, 9)));
        Assert.Equal(2, run.Keys("process"));
        run.Send(Input, new Reading("a", 6, -1), new Reading("b", 6, -1));
        Assert.Equal(0, run.Keys("process"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Inspect_ShowsStateAndTimers(bool crash)
    {
        JobHarness run = Job(new Remembers(), crash);
        run.Send(Input, new Reading("a", 1, 5));
        KeyInspection a = run.Inspect("process", "a")!;
        Assert.Equal(["count", "list", "map"], a.State.Select(each => each.Name));
        Assert.Equal([1L], a.State.Where(each => each.Name == "count").Select(each => (long)each.Value!));
        Assert.Empty(a.Timers);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void RawTimers_AreOnePerTime_AndCanBeDeleted(bool crash)
    {
        JobHarness run = Job(new Commands(), crash);
        Assert.Equal(
            ["3: raw 10 at 10 wm 10", "6: raw 30 at 30 wm 30"],
            Tables.Lines(
                run,
                Command(Register, 10), Command(Register, 10), Command(Register, 20), Row.Mark(10),
                Command(Delete, 20), Command(Register, 30), Row.Mark(30)));
        Assert.Equal(0, run.Keys("process"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void PastTimers_FireAtTheNextAdvance(bool crash)
    {
        JobHarness run = Job(new Commands(), crash);
        Assert.Equal(
            ["2: raw 10 at 10 wm 51"], Tables.Lines(run, Row.Mark(50), Command(Register, 10), Row.Mark(51)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void NamedTimers_MoveAndCancel(bool crash)
    {
        JobHarness run = Job(new Commands(), crash);
        Assert.Equal(
            ["4: n 30 at 30 wm 40", "9: n 60 at none wm 40"],
            Tables.Lines(
                run,
                Command(SetEvent, 10), Command(SetEvent, 30), Command(SetEvent, 30), Row.Mark(20), Row.Mark(40),
                Command(SetEvent, 50), Command(SetClock, 55), Command(SetClock, 60), Row.Tick(59), Row.Tick(60)));
        Assert.Equal(
            [new PendingTimer(T(50), TimeDomain.Event, "n")], run.Inspect("process", "a")!.Timers);
        run.Send(Input, Command(Cancel, 0).Event!);
        Assert.Equal(0, run.Keys("process"));
        Assert.Empty(Tables.Lines(run, Row.Mark(100), Row.Tick(100)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TimersSetInACallback_FireInTheSameAdvanceIfDue(bool crash)
    {
        JobHarness run = Job(new Commands(), crash);
        Assert.Equal(
            ["1: chain 10 at 10 wm 25", "1: chain 20 at 20 wm 25", "2: chain 30 at 30 wm 30"],
            Tables.Lines(run, Command(Chain, 10), Row.Mark(25), Row.Mark(30)));
        Assert.Equal(1, run.Keys("process"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ProcessingTimers_FollowTheIngestionClock(bool crash)
    {
        JobHarness run = Job(new Commands(), crash);
        Assert.Equal(
            ["4: n 40 at none wm 100"],
            Tables.Lines(run, Row.Tick(5), Command(SetClock, 40), Row.Mark(100), Row.Tick(39), Row.Tick(41)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void EqualTimes_FireInTheOrderOfRegistration_AndRemovedKeysLeaveNothing(bool crash, int partitions)
    {
        JobHarness run = Job(new Commands(), crash, partitions);
        Assert.Empty(Tables.Lines(run, Command(Register, 10), Command(Delete, 10)));
        Assert.Equal(0, run.Keys("process"));
        run.Send(Input, new Reading("b", SetEvent, 50), new Reading("c", SetEvent, 50));
        Assert.Empty(Tables.Lines(run, Row.Mark(10)));
        Assert.Equal(2, Tables.Lines(run, Row.Mark(50)).Length);
        Assert.Equal(0, run.Keys("process"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void View_ShowsTheLastResult(bool crash)
    {
        JobHarness run = Job(new Remembers(), crash, shows: true);
        run.Send(Input, new Reading("a", 1, 5), new Reading("a", 1, 6));
        Assert.Equal("a count=2 list=[5,6] map=[5:1,6:1]", run.Find(Last, "a")!.Value);
        Assert.False(run.Find(Last, "a")!.IsFinal);
        Assert.Null(run.Find(Last, "a")!.Window);
        run.Seal();
        Assert.True(run.Find(Last, "a")!.IsFinal);
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void SideOutputs_GoTheirOwnWay_WithTheTimestamp(bool crash, int partitions)
    {
        var big = Topic.Of<Windowed<string, long>>("big");
        var job = new TestJob(job =>
        {
            var process = From(job).KeyBy(Input.Key).Process("process", new Sides());
            process.To(Tables.Texts);
            process.Side(Big).KeyBy(_ => "big").Window(Engine.Windows.Windows.Tumbling(Ms(10)))
                .Aggregate("bigs", 0L, (sum, value) => sum + value).To(big);
        });
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        run.Send(Input, new Reading("a", 1, 5), new Reading("b", 2, 500), new Reading("c", 3, 300));
        run.AdvanceWatermark(T(9));
        Assert.Equal(["a"], run.Read(Tables.Texts));
        Assert.Equal([new("big", Range(0, 10), 800)], run.Read(big));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TimerOutput_HasTheTimersTimestamp(bool crash)
    {
        var job = new TestJob(job => From(job).KeyBy(Input.Key).Process("process", new Commands())
            .KeyBy(_ => "all").Window(Engine.Windows.Windows.Tumbling(Ms(10)))
            .Aggregate("counts", 0L, (count, _) => count + 1).To(Tables.Results));
        Assert.Equal(
            [new Result(2, "all", 10, 20, 1), new Result(3, "all", 30, 40, 1)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, 4)),
                Command(Register, 15), Command(Register, 31), Row.Mark(19), Row.Mark(50)));
    }

    [Fact]
    public void WhatAFunctionMayNotDo_IsNamed()
    {
        JobHarness run = Job(new Sides(), crash: false);
        var side = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1, 500)));
        Assert.Contains("'big' of 'process' is not taken", side.Message, StringComparison.Ordinal);
        run = Job(new Foreign(), crash: false);
        var slot = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1)));
        Assert.Contains("'stranger' is not among the slots of 'process'", slot.Message, StringComparison.Ordinal);
    }

    private const int Register = 1;
    private const int Delete = 2;
    private const int SetEvent = 3;
    private const int SetClock = 4;
    private const int Cancel = 5;
    private const int Chain = 6;

    private static Row Command(int command, long time) => new Reading("a", command, time);

    private static JobHarness Job(
        KeyedProcess<string, Reading, string> function, bool crash, int partitions = 1, bool shows = false) => new(
        new TestJob(job =>
        {
            var process = From(job).KeyBy(Input.Key).Process("process", function);
            if (shows)
                process.PublishAs(Last);
            process.To(Tables.Texts);
        }),
        Runs.Options(crash, partitions));

    private sealed class Remembers : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("count");
        private static readonly ListSlot<long> Values = State.List<long>("list");
        private static readonly MapSlot<long, int> Times = State.Map<long, int>("map");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            if (value.Value < 0)
            {
                key.State(Count).Clear();
                key.State(Values).Clear();
                foreach (long each in key.State(Times).Entries.Select(entry => entry.Key).ToArray())
                    Assert.True(key.State(Times).Remove(each));
                return;
            }

            key.State(Count).Value++;
            key.State(Values).Add(value.Value);
            IMapState<long, int> times = key.State(Times);
            times[value.Value] = times.TryGet(value.Value, out int count) ? count + 1 : 1;
            string map = string.Join(',', times.Entries.Select(entry => $"{entry.Key}:{entry.Value}"));
            string list = string.Join(',', key.State(Values).Items);
            key.Emit($"{key.Key} count={key.State(Count).Value} list=[{list}] map=[{map}]");
        }
    }

    /// <summary>Does to its timers what the event's time says, for the time that its value says.</summary>
    private sealed class Commands : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<bool> Chains = State.Value<bool>("chains");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            switch (value.At)
            {
                case Register: key.Timers.Register(T(value.Value)); break;
                case Delete: key.Timers.Delete(T(value.Value)); break;
                case SetEvent: key.Timers.SetEventTime("n", T(value.Value)); break;
                case SetClock: key.Timers.SetProcessingTime("n", T(value.Value)); break;
                case Cancel: key.Timers.Cancel("n"); break;
                default:
                    key.State(Chains).Value = true;
                    key.Timers.SetEventTime("chain", T(value.Value));
                    break;
            }
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            string at = key.Time.HasValue ? $"{key.Time.Milliseconds}" : "none";
            key.Emit($"{timer.Name ?? "raw"} {timer.Time.Milliseconds} at {at} wm {key.Watermark.Milliseconds}");
            if (key.State(Chains).Value)
                key.Timers.SetEventTime("chain", timer.Time + Ms(10));
        }
    }

    private sealed class Sides : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            if (value.Value > 100)
                key.Emit(Big, value.Value);
            else
                key.Emit(key.Key);
        }
    }

    private sealed class Foreign : KeyedProcess<string, Reading, string>
    {
        public override IEnumerable<StateSlot> Slots => [];

        public override void OnEvent(Reading value, IKeyContext<string, string> key) =>
            key.State(State.Value<long>("stranger")).Value = 1;
    }
}
