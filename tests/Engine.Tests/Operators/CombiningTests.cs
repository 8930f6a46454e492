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
    private const int Partitions = 2;
    private const int Disorder = 15;

    // Late events, partitions that fall idle and wake, flushes seldom and often, and restarts between them.
    private static readonly Gen<Step[]> Steps =
        (from kind in Gen.Int[0, 11]
         from partition in Gen.Int[0, Partitions - 1]
         from wait in Gen.OneOf(Gen.Int[0, 10], Gen.Int[0, 10], Gen.Int[30, 80])
         from events in Gen.Select(Gen.Int[0, 4], Gen.Int[-40, 10]).Array[1, 12]
         select new Step(kind, partition, wait, events)).Array[1, 60];

    public static TheoryData<string> Kinds => ["topic's key", "another key", "finer key", "function", "view", "sliding", "odd slide"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatComesOut_IsWhatEventsGiveOneByOne(string kind)
    {
        JobPlan plan = Plan(readings => Define(kind, readings));
        Steps.Sample(steps =>
        {
            string[] expected = new Run(plan.EventByEvent()).Play(steps);
            Assert.Equal(expected, new Run(plan).Play(steps));
            Assert.Equal(expected, new Run(plan, byBytes: true).Play(steps));
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
        var run = new Run(Keyed(SumsOf100));
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
        var run = new Run(Keyed(SumsOf100));
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
        var run = new Run(Keyed(SumsOf100));
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
        var run = new Run(Keyed(SumsOf100));
        for (int flush = 0; flush < 40; flush++)
        {
            run.Send(0, [.. Enumerable.Range(0, 50).Select(i => ($"{i % 10}", 100L + i))]);
            Assert.All(run.Flush(), slice => Assert.IsNotType<Slice<Reading>>(slice));
        }
    }

    [Fact]
    public void AnEventThatCanNotBeAdded_FailsWithItsOwnName()
    {
        var run = new Run(Keyed(stream => stream
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
        var run = new Run(Keyed(stream => stream
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
        var run = new Run(Keyed(stream => stream
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
        ["lateness", "late events", "errors", "trigger", "evictor", "gaps", "objects", "doubles", "fold", "grain per key"];

    [Theory]
    [MemberData(nameof(OneByOne))]
    public void WhereAnEventMayDoMoreThanAdd_ItComesAsItIs(string kind)
    {
        var run = new Run(Keyed(keyed => DefineOneByOne(kind, keyed)), applies: false);
        run.Send(0, ("a", 1));
        run.Send(0, ("a", 11), ("a", 12));
        Assert.Equal(3, run.Flush().Sum(slice => Assert.IsType<Slice<Reading>>(slice).Count));
    }

    [Fact]
    public void BytesOfPartials_ForAnOperatorWithoutThem_AreRefused()
    {
        var run = new Run(Keyed(SumsOf100), applies: false);
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
                    .Aggregate("most", new Maximum<Reading, long>(each => each.At), new Numbered())
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
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => Partitions));
    }

    /// <summary>
    /// Of twelve kinds: 0 restarts, 1 flushes, 2 to 5 are ticks of the clock after a wait, else events are sent.
    /// </summary>
    private sealed record Step(int Kind, int Partition, int Wait, (int Key, int At)[] Events);

    /// <summary>Counts the windows of a key in state of its own.</summary>
    private sealed class Numbered : WindowProcess<string, long, string>
    {
        private static readonly ValueSlot<int> Windows = new("windows");

        public override void Process(IReadOnlyList<long> values, IWindowContext<string, string> context)
        {
            IValueState<int> windows = context.KeyState(Windows);
            windows.Value++;
            context.Emit($"{context.Key} {context.Window} {values[0]} {windows.Value}");
        }
    }

    private sealed class Run : IStageOutput
    {
        private readonly JobPlan _plan;
        private readonly bool _byBytes;
        private readonly bool _applies;
        private readonly List<string>[] _output;
        private readonly List<Slice> _posted = [];
        private SourceProgram[] _sources;
        private GroupProgram[] _groups;
        private int _at;
        private long _clock;

        public Run(JobPlan plan, bool byBytes = false, bool applies = true)
        {
            (_plan, _byBytes, _applies) = (plan, byBytes, applies);
            _sources = NewSources();
            _groups = NewGroups();
            _output = [.. _groups.Select(_ => new List<string>())];
        }

        public long EventsIn => _groups.Sum(group => group.EventsIn);

        public long LateEvents => _groups.Sum(group => group.LateEvents);

        public string[] Play(Step[] steps)
        {
            long time = 0;
            foreach (Step step in steps)
            {
                switch (step.Kind)
                {
                    case 0:
                        Flush();
                        Restart();
                        break;
                    case 1:
                        Flush();
                        break;
                    case <= 5:
                        Wait(step.Partition, step.Wait);
                        break;
                    default:
                        time += step.Wait / 2;
                        Send(step.Partition, [.. step.Events.Select(each => ($"k{each.Key}", Math.Max(0, time + each.At)))]);
                        break;
                }
            }

            for (int partition = 0; partition < Partitions; partition++)
                Take(partition, BatchKind.End, []);
            Flush();
            return
            [
                .. _output.SelectMany((lines, group) => lines.Select(line => $"{group}: {line}")),
                .. _groups.Select(group =>
                    $"{group.Group}: {group.EventsIn} events, {group.LateEvents} late, {group.Rows} keys"),
            ];
        }

        public void Send(int partition, params (string Key, long At)[] events) =>
            Take(partition, BatchKind.Events, events);

        public void Wait(int partition, long milliseconds)
        {
            _clock += milliseconds;
            Take(partition, BatchKind.Tick, []);
        }

        public Slice[] Flush()
        {
            foreach (SourceProgram source in _sources)
                source.Flush(this);
            Slice[] posted = [.. _posted];
            _posted.Clear();
            foreach (Slice slice in _applies ? posted : [])
            {
                _at = slice.Target.Group;
                _groups[_at].Apply(_byBytes ? Copy(slice) : slice);
                _groups[_at].Flush(this);
            }

            return posted;
        }

        void IStageOutput.Post(Slice slice) => _posted.Add(slice);

        void IStageOutput.Append(in OutputBatch batch)
        {
            var reader = new ByteReader(batch.Payload);
            for (int i = 0; i < batch.Count; i++)
            {
                ReadOnlyMemory<byte> bytes = reader.ReadBlob();
                object? value = batch.Target == Tables.Texts.Name
                    ? _plan.Codecs.For<string>().Read(new ByteReader(bytes))
                    : Convert.ToHexString(bytes.Span);
                _output[_at].Add($"{value}");
            }
        }

        private Slice Copy(Slice slice)
        {
            var writer = new ByteWriter();
            slice.Encode(writer);
            Slice copy = _plan.DecodeSlice(slice.Target, writer.ToArray());
            Assert.Equal((slice.Count, slice.Events, slice.MarkCount), (copy.Count, copy.Events, copy.MarkCount));
            return copy;
        }

        private void Restart()
        {
            SourceProgram[] sources = _sources;
            GroupProgram[] groups = _groups;
            _sources = NewSources();
            _groups = NewGroups();
            for (int i = 0; i < sources.Length; i++)
            {
                var state = new ByteWriter();
                sources[i].Write(state);
                _sources[i].Read(new ByteReader(state.ToArray()));
            }

            for (int i = 0; i < groups.Length; i++)
                _groups[i].Restore(groups[i].Snapshot());
        }

        private SourceProgram[] NewSources() =>
            [.. Enumerable.Range(0, Partitions).Select(partition => _plan.CreateSource(0, partition))];

        private GroupProgram[] NewGroups() =>
            [.. Enumerable.Range(0, _plan.GroupCount).Select(group => _plan.CreateGroup(0, group))];

        private void Take(int partition, BatchKind kind, (string Key, long At)[] events)
        {
            SourceProgram source = _sources[partition];
            var payload = new ByteWriter();
            foreach ((string key, long at) in events.Where(each => IsOf(partition, each.Key)))
            {
                int start = payload.BeginFrame();
                _plan.Codecs.For<Reading>().Write(payload, new Reading(key, at, at % 3));
                payload.EndFrame(start);
            }

            int count = events.Count(each => IsOf(partition, each.Key));
            source.Process(new EventBatch
            {
                From = source.Next,
                Next = source.Next + Math.Max(count, 1),
                Count = count,
                Kind = kind,
                Stamp = T(_clock),
                Schema = Input.Schema,
                Payload = payload.Detach(),
            });
        }

        // Where the job relies on the partitions of the topic, an event lies in that of its key.
        private bool IsOf(int partition, string key) => !_plan.Graph.Edges.OfType<KeyEdge>().Any(edge => edge.FollowsPartitions)
            || PartitionOf(key) == partition;

        private int PartitionOf(string key) => KeyGroups.PartitionOf(
            KeyGroups.GroupOf(KeyHasher<string>.For(_plan.Codecs.For<string>()).Hash(key), _plan.GroupCount), Partitions);
    }
}
