namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Events of a key are added up before they come to windows that do so exactly. What comes out is what the
/// same plan gives in which each event comes as it is.
/// </summary>
public sealed class CombiningTests
{
    private const int Disorder = 15;
    private static readonly ValueSlot<int> Numbers = new("numbers");

    // Late events, partitions that fall idle and wake, flushes seldom and often, and restarts between them.
    private static readonly Gen<CombiningStep[]> Steps =
        (from kind in Gen.Int[0, 11]
         from partition in Gen.Int[0, CombiningRun.Partitions - 1]
         from wait in Gen.OneOf(Gen.Int[0, 10], Gen.Int[0, 10], Gen.Int[30, 80])
         from events in Gen.Select(Gen.Int[0, 4], Gen.Int[-40, 10]).Array[1, 12]
         select new CombiningStep(kind, partition, wait, events)).Array[1, 60];

    public static TheoryData<string> Kinds =>
        ["topic's key", "another key", "finer key", "function", "view", "sliding", "odd slide"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatComesOut_IsWhatEventsGiveOneByOne(string kind)
    {
        JobPlan plan = Plan(readings => Define(kind, readings));
        Steps.Sample(steps =>
        {
            string[] expected = new CombiningRun(plan.EventByEvent().PaneByPane()).Play(steps);
            Assert.Equal(expected, new CombiningRun(plan).Play(steps));
            Assert.Equal(expected, new CombiningRun(plan, byBytes: true).Play(steps));
        });
    }

    [Fact]
    public void TheTimesOfASlot_HaveTheSameWindows_AndNoneEndsBeforeIt() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 50], Gen.Int[-60, 60], Gen.Int[-200, 200]).Sample((size, slide, offset, time) =>
        {
            var windows = new SlidingWindows(size, slide, offset);
            TimeRange slot = windows.SlotOf(T(time));
            TimeRange[] expected = WindowsOf(T(time));
            Assert.True(slot.Start <= T(time) && T(time) < slot.End);
            for (long at = slot.Start.Milliseconds; at < slot.End.Milliseconds; at++)
                Assert.Equal(expected, WindowsOf(T(at)));
            Assert.All(expected, window => Assert.True(window.End >= slot.End));

            TimeRange[] WindowsOf(EventTime at)
            {
                var assigned = new List<TimeRange>();
                windows.Assign(at, assigned);
                return [.. assigned];
            }
        });

    [Fact]
    public void EventsOfAKey_GoAsOne_OverStepsOfTime()
    {
        var run = new CombiningRun(Keyed(SumsOf100));
        run.Send(0, ("a", 1));
        run.Send(0, ("a", 101), ("b", 102));
        run.Send(0, ("a", 103), ("a", 110), ("b", 111));
        run.Send(0, ("a", 210));
        var slice = (Slice<Partial<string, long>>)run.Flush().Single(each => each.Count > 0);
        // The first came before anything was known of time; the last is of another window.
        Assert.Equal(
            [("a", 1, 1), ("a", 3, 5), ("b", 2, 0), ("a", 1, 0)],
            slice.Values.ToArray().Select(each => (each.Key, each.Events, (int)each.Accumulator)));
        Assert.Equal([T(1), T(101), T(102), T(210)], slice.Times.ToArray());
        Assert.Equal([0, 1, 2, 6], Enumerable.Range(0, 4).Select(slice.OffsetAt));
        Assert.Equal((7, 7), (slice.Events, run.EventsIn));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnEventBehindAnIdlePartition_IsNotAddedToOneBeforeIt(bool wakes)
    {
        var run = new CombiningRun(Keyed(SumsOf100));
        run.Send(0, ("a", 1));
        run.Send(1, ("b", 1000));
        run.Flush();
        run.Send(0, ("a", 2));
        for (int tick = 0; tick < 3; tick++)
            run.Wait(0, 50);
        if (wakes)
            run.Send(0, ("b", 3));
        run.Send(0, ("a", 4));
        Assert.Contains(run.Flush(), slice => slice.Marks.ToArray().Any(mark => mark.IsIdle));
        Assert.Equal(wakes ? 2 : 1, run.LateEvents);
    }

    [Fact]
    public void WhereKeysSeldomRepeat_EventsGoAsTheyAre_AndFromTimeToTimeNot()
    {
        var run = new CombiningRun(Keyed(SumsOf100));
        run.Send(0, ("a", 1));
        List<bool> arePartials = [];
        for (int flush = 0; flush < 40; flush++)
        {
            run.Send(0, [.. Enumerable.Range(0, 50).Select(key => ($"{flush} {key}", 100L))]);
            arePartials.Add(run.Flush().All(slice => slice is not Slice<Reading>));
        }

        Assert.Equal([0, 17, 34], Enumerable.Range(0, 40).Where(flush => arePartials[flush]));
    }

    [Fact]
    public void EventsThatKeysRepeat_StayPartials()
    {
        var run = new CombiningRun(Keyed(SumsOf100));
        for (int flush = 0; flush < 40; flush++)
        {
            run.Send(0, [.. Enumerable.Range(0, 50).Select(i => ($"{i % 10}", 100L + i))]);
            Assert.All(run.Flush(), slice => Assert.IsNotType<Slice<Reading>>(slice));
        }
    }

    [Fact]
    public void AnEventThatCanNotBeAdded_FailsWithItsOwnName()
    {
        var run = new CombiningRun(Keyed(stream => stream
            .Window(Windows.Tumbling(Ms(100)))
            .Aggregate("sums", new Sum<Reading, long>(reading => reading.At == 13 ? throw new FormatException("Odd.") : 1))));
        run.Send(0, ("a", 1));
        run.Send(0, ("a", 11), ("a", 12), ("a", 13), ("a", 14));
        var fault = Assert.Throws<OperatorFailedException>(() => run.Flush());
        Assert.Contains("'sums'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("offset 3 ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Odd.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOverflowOfTheWhole_NamesOperatorAndKey()
    {
        var run = new CombiningRun(Keyed(stream => stream
            .Window(Windows.Tumbling(Ms(100)))
            .Aggregate("sums", new Sum<Reading, int>(_ => int.MaxValue / 3))));
        run.Send(0, ("a", 1));
        run.Send(0, ("a", 11), ("a", 12));
        run.Flush();
        run.Send(0, ("a", 13), ("a", 14));
        var fault = Assert.Throws<OperatorFailedException>(() => run.Flush());
        Assert.Contains("'sums'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("overflow", fault.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void ASumThatOverflowsBeforeItComes_IsAddedEventByEvent()
    {
        // -max, then max and max: the two alone overflow, the three do not.
        var run = new CombiningRun(Keyed(stream => stream
            .Window(Windows.Tumbling(Ms(100)))
            .Aggregate("sums", new Sum<Reading, int>(reading => reading.At == 1 ? -int.MaxValue : int.MaxValue))
            .Select(each => each with { })
            .To(Topic.Of<Windowed<string, int>>("sums"))));
        run.Send(0, ("a", 1));
        run.Send(0, ("a", 2), ("a", 3));
        Assert.Contains(run.Flush(), slice => slice is Slice<Reading>);
        Assert.Equal(3, run.EventsIn);
    }

    public static TheoryData<string> OneByOne =>
    [
        "lateness", "late events", "errors", "trigger", "evictor", "gaps", "objects", "doubles", "fold", "clock",
        "grain per key",
    ];

    [Theory]
    [MemberData(nameof(OneByOne))]
    public void WhereAnEventMayDoMoreThanAdd_ItComesAsItIs(string kind)
    {
        var run = new CombiningRun(Keyed(keyed => DefineOneByOne(kind, keyed)), applies: false);
        run.Send(0, ("a", 1));
        run.Send(0, ("a", 11), ("a", 12));
        Assert.Equal(3, run.Flush().Sum(slice => Assert.IsType<Slice<Reading>>(slice).Count));
    }

    [Fact]
    public void BytesOfPartials_ForAnOperatorWithoutThem_AreRefused()
    {
        var run = new CombiningRun(Keyed(SumsOf100), applies: false);
        run.Send(0, ("a", 1));
        Slice slice = run.Flush().Single(each => each.Count > 0);
        var writer = new ByteWriter();
        slice.Encode(writer);
        JobPlan other = Keyed(keyed => DefineOneByOne("doubles", keyed));
        Assert.Throws<CorruptDataException>(() => other.DecodeSlice(slice.Target, writer.ToArray()));
    }

    private static void Define(string kind, DataStream<Reading> readings)
    {
        switch (kind)
        {
            case "topic's key":
                Sums(readings.KeyBy(Input.Key));
                break;
            case "another key":
                Sums(readings.KeyBy(each => each.Key));
                break;
            case "finer key":
                readings.KeyBy(Input.Key.Refine(each => (each.Key, each.Value), fine => fine.Key))
                    .Window(Windows.Tumbling(Ms(20)))
                    .Aggregate("counts", new Count<Reading>())
                    .Select(each => $"{each.Key} {each.Window} {each.Value}")
                    .To(Tables.Texts);
                break;
            case "function":
                readings.KeyBy(each => each.Key)
                    .Window(Windows.Tumbling(Ms(20)))
                    .Aggregate("most", new Maximum<Reading, long>(each => each.At), new Numbered(Numbers))
                    .To(Tables.Texts);
                break;
            case "sliding":
                Counts(readings, 40, 10);
                break;
            case "odd slide":
                Counts(readings, 23, 9);
                break;
            default:
                readings.KeyBy(each => each.Key)
                    .Window(Windows.Tumbling(Ms(20)))
                    .Aggregate("least", new Minimum<Reading, long>(each => each.At))
                    .PublishAs(new View<string, long>("least"))
                    .To(Tables.Results);
                break;
        }
    }

    private static void DefineOneByOne(string kind, KeyedStream<string, Reading> keyed)
    {
        var sum = new Sum<Reading, long>(each => each.Value);
        WindowedStream<string, Reading> tumbling = keyed.Window(Windows.Tumbling(Ms(100)));
        _ = kind switch
        {
            "lateness" => keyed.Window(Windows.Tumbling(Ms(100)).AllowLateness(Ms(5))).Aggregate("sums", sum),
            "late events" => tumbling.Aggregate("sums", sum).LateTo(Tables.Late),
            "errors" => tumbling.Aggregate("sums", sum).OnError(Errors.QuarantineKey),
            "trigger" => tumbling.Trigger(Triggers.Count(2)).Aggregate("sums", sum),
            "evictor" => tumbling.Evict(Evictors.Count<Reading>(2)).Aggregate("sums", sum),
            "gaps" => keyed.Window(Windows.Sliding(Ms(100), Ms(150))).Aggregate("sums", sum),
            "objects" => keyed.Window(Windows.Sliding(Ms(100), Ms(50)))
                .Aggregate("least", new Minimum<Reading, string>(each => each.Key)),
            "doubles" => (object)tumbling.Aggregate("sums", new Sum<Reading, double>(each => each.Value)),
            "clock" => tumbling.Aggregate("sums", sum, new Numbered(Numbers.ExpiresAfter(Ms(60)))),
            "fold" => tumbling.Aggregate("sums", 0L, (total, each) => total + each.Value),
            _ => tumbling.Aggregate("sums", sum).OneGrainPerKey(),
        };
    }

    private static void Counts(DataStream<Reading> readings, int size, int slide) => readings.KeyBy(each => each.Key)
        .Window(Windows.Sliding(Ms(size), Ms(slide), Ms(3)))
        .Aggregate("counts", new Count<Reading>())
        .To(Tables.Results);

    private static void SumsOf100(KeyedStream<string, Reading> keyed) => keyed
        .Window(Windows.Tumbling(Ms(100)))
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results);

    private static void Sums(KeyedStream<string, Reading> keyed) => keyed
        .Window(Windows.Tumbling(Ms(20)))
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results);

    private static JobPlan Keyed(Action<KeyedStream<string, Reading>> define) =>
        Plan(readings => define(readings.KeyBy(each => each.Key)));

    private static JobPlan Plan(Action<DataStream<Reading>> define)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job => define(job.KeyGroups(2).From(Input).WithEventTime(
                each => T(each.At), Watermarks.Bounded(Ms(Disorder), idleAfter: Ms(25))))),
            codecs);
        return new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => CombiningRun.Partitions));
    }

    /// <summary>Counts the windows of a key in state of its own; if that expires, the job asks for the clock.</summary>
    private sealed class Numbered(ValueSlot<int> counts) : WindowProcess<string, long, string>
    {
        public override IEnumerable<StateSlot> Slots => [counts];

        public override void Process(IReadOnlyList<long> values, IWindowContext<string, string> context)
        {
            IValueState<int> windows = context.KeyState(counts);
            windows.Value++;
            context.Emit($"{context.Key} {context.Window} {values[0]} {windows.Value}");
        }
    }
}
