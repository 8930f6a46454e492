namespace Weir.Engine.Tests.Windows;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Windows that go as a whole have a table each, without rows for their keys and without timers. What comes out, what is
/// stored and what people see is that of the same plan with rows and timers.
/// </summary>
public sealed class WindowTableTests
{
    // Of ten kinds: 0 restores, 1 and 2 capture, 3 and 4 move the watermark, else events are sent.
    private static readonly Gen<(int Kind, int At, Reading[] Events)[]> Steps = Gen.Select(
        Gen.Int[0, 11],
        Gen.Int[0, 40],
        (from key in Gen.Int[0, 5]
         from at in Gen.OneOf(Gen.Int[-25, 15], Gen.Int[-5, 5])
         from value in Gen.Int[1, 9]
         select new Reading($"k{key}", at, value)).Array[1, 8]).Array[1, 60];

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Tables_AreRowsAndTimers(bool tellsLate, bool areAddedUp)
    {
        JobPlan plan = WindowTableRun.Plan(tellsLate);
        JobPlan plain = plan.PaneByPane();
        Steps.Sample(
            steps =>
            {
                var tables = new WindowTableRun(plan);
                var rows = new WindowTableRun(plain);
                long time = 0;
                foreach ((int kind, int at, Reading[] events) in steps)
                {
                    time += kind % 3 == 0 ? at / 4 : 0;
                    Reading[] sent = [.. events.Select(each => each with { At = each.At + time })];
                    foreach (WindowTableRun run in new[] { tables, rows })
                        Play(run, kind, (time + at - 20, areAddedUp), sent);
                    AssertSame(rows, tables);
                }

                tables.Advance(long.MaxValue);
                rows.Advance(long.MaxValue);
                AssertSame(rows, tables);
                Assert.Equal(0, tables.Group.Rows);
            },
            iter: 1000);
    }

    // Between captures only the same keys may be written; a base in place of changes says the same.
    [Fact]
    public void AChain_IsWhatTheGroupHolds_AndEitherFormReadsIt()
    {
        JobPlan plan = WindowTableRun.Plan(tellsLate: false);
        JobPlan plain = plan.PaneByPane();
        Steps.Sample(
            steps =>
            {
                var tables = new WindowTableRun(plan);
                var rows = new WindowTableRun(plain);
                foreach ((int kind, int at, Reading[] events) in steps)
                {
                    foreach (WindowTableRun run in new[] { tables, rows })
                        Play(run, kind, (at - 20, false), events);
                    if (kind > 2)
                        continue;
                    GroupCapture expected = rows.Capture(asBase: false);
                    GroupCapture capture = tables.Capture(asBase: false);
                    if (!capture.IsBase && !expected.IsBase)
                        Assert.Equal(expected.Segment?.ToArray(), capture.Segment?.ToArray());
                    byte[] live = tables.Group.Snapshot();
                    foreach (JobPlan by in new[] { plan, plain })
                    {
                        Assert.Equal(live, tables.Restored(by).Snapshot());
                        Assert.Equal(live, rows.Restored(by).Snapshot());
                    }
                }
            },
            iter: 400);
    }

    [Fact]
    public void AJobGoesOnInEitherForm() => Steps.Sample(
        steps =>
        {
            JobPlan plan = WindowTableRun.Plan(tellsLate: false);
            JobPlan plain = plan.PaneByPane();
            var changing = new WindowTableRun(plan);
            var rows = new WindowTableRun(plain);
            bool isPlain = false;
            foreach ((int kind, int at, Reading[] events) in steps)
            {
                if (kind <= 1)
                {
                    isPlain = !isPlain;
                    changing.Restore(isPlain ? plain : plan);
                    rows.Restore();
                }
                else
                {
                    Play(changing, kind, (at - 20, false), events);
                    Play(rows, kind, (at - 20, false), events);
                }

                AssertSame(rows, changing);
            }
        },
        iter: 300);

    [Fact]
    public void PanesThatWaitForLateEvents_AreReadIntoRows_AndGoAsTheyWould()
    {
        JobPlan before = WindowTableRun.Plan(tellsLate: false, lateness: Ms(30));
        var run = new WindowTableRun(before);
        run.Send(new Reading("b", 5, 4), new Reading("a", 12, 3));
        run.Advance(10);
        run.TakeOutput();
        JobPlan plan = WindowTableRun.Plan(tellsLate: false);
        var rows = new WindowTableRun(before);
        rows.Send(new Reading("b", 5, 4), new Reading("a", 12, 3));
        rows.Advance(10);
        rows.TakeOutput();
        run.Restore(plan);
        rows.Restore(plan.PaneByPane());
        foreach (long watermark in new long[] { 15, 19, 39, 49, 200 })
        {
            run.Send(new Reading("c", watermark + 1));
            rows.Send(new Reading("c", watermark + 1));
            run.Advance(watermark);
            rows.Advance(watermark);
            AssertSame(rows, run);
        }
    }

    // A window of before ends together with one of now: what was opened first fires first.
    [Fact]
    public void WindowsOfAnotherSize_AreReadIntoRows()
    {
        JobPlan plan = WindowTableRun.Plan(tellsLate: false, size: 20);
        var run = new WindowTableRun(WindowTableRun.Plan(tellsLate: false, size: 10));
        run.Send(new Reading("a", 12, 3), new Reading("b", 22, 4));
        run.Restore(plan);
        run.Send(new Reading("c", 5, 5), new Reading("a", 5, 6));
        run.Advance(25);
        Assert.Equal(["a [10, 20) 3", "c [0, 20) 5", "a [0, 20) 6"], Results(plan, run));

        // Few windows are left, and still one that has no place in a table.
        run.Send(new Reading("d", 25, 7));
        run.Advance(100);
        Assert.Equal(["b [20, 30) 4", "d [20, 40) 7"], Results(plan, run));
    }

    [Fact]
    public void ANumberThatNeverWas_IsRefused()
    {
        JobPlan plan = WindowTableRun.Plan(tellsLate: false);
        var run = new WindowTableRun(plan);
        run.Send(new Reading("a", 5));
        GroupMark before = run.Capture(asBase: true).Mark;
        run.Send(new Reading("a", 15));
        ReadOnlyMemory<byte> segment = run.Capture(asBase: true).Segment!.Value;
        foreach (JobPlan by in new[] { plan, plan.PaneByPane() })
        {
            GroupProgram group = by.CreateGroup(0, 0);
            group.Restore(before, [new SegmentMemory(segment)]);
            Assert.Contains(
                "a timer has the impossible number 1",
                Assert.Throws<CorruptDataException>(group.Load).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ManyWindowsAtOnce_HaveRows_AndTablesAgainWhenFewAreLeft()
    {
        JobPlan plan = WindowTableRun.Plan(tellsLate: false);
        var run = new WindowTableRun(plan);
        int most = WindowTables<string, Reading, Windowed<string, long>>.MostOpen;
        int few = WindowTables<string, Reading, Windowed<string, long>>.FewOpen;
        for (int window = 0; window <= most; window++)
            run.Send(new Reading("a", window * WindowTableRun.Size), new Reading($"k{window}", window * WindowTableRun.Size));
        Assert.Equal(most + 2, run.Group.Rows);
        Assert.True(run.Capture(asBase: false).IsBase);
        List<bool> areBases = [];
        for (int window = 0; window <= most; window++)
        {
            run.Advance((window + 1) * WindowTableRun.Size);
            Assert.Equal(2, Results(plan, run).Length);
            areBases.Add(run.Capture(asBase: false).IsBase);
        }

        Assert.Equal(0, run.Group.Rows);
        Assert.Equal([most - few], Enumerable.Range(0, most + 1).Where(window => areBases[window]));
    }

    [Fact]
    public void PanesThatGoBackIntoTables_AreCopiedBefore()
    {
        byte[][] segments = [.. new[] { false, true }.Select(copiesLater =>
        {
            var run = new WindowTableRun(WindowTableRun.Plan(tellsLate: false));
            for (int at = 0; at < 8 * WindowTableRun.Size; at += WindowTableRun.Size)
                run.Send(new Reading($"k{at}", at, 5), new Reading("a", at));
            SegmentCopy copy = run.Group.Capture(asBase: false).Copy!;
            if (!copiesLater)
                copy.Finish();
            run.Advance(6 * WindowTableRun.Size);
            run.Send(new Reading("a", 7 * WindowTableRun.Size, 9));
            return copy.Finish().ToArray();
        })];
        Assert.Equal(segments[0], segments[1]);
    }

    [Fact]
    public void AFailure_NamesItsWindow()
    {
        var codecs = new CodecRegistry();
        JobGraph graph = JobGraph.Build(
            new TestJob(job => From(job.KeyGroups(1)).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("doubtful", new Doubtful()).To(Tables.Results)),
            codecs);
        var plan = new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => 1));
        string[] faults = [.. new[] { plan, plan.PaneByPane() }.SelectMany(by =>
        {
            var adding = new WindowTableRun(by);
            var firing = new WindowTableRun(by);
            firing.Send(new Reading("b", 1), new Reading("a", 12, 13));
            return new[]
            {
                Assert.Throws<OperatorFailedException>(() => adding.Send(new Reading("b", 1), new Reading("a", 2, -1))),
                Assert.Throws<OperatorFailedException>(() => firing.Advance(30)),
            }.Select(fault => fault.Message);
        })];
        Assert.Equal(faults[..2], faults[2..]);
        Assert.Contains("'a'", faults[0], StringComparison.Ordinal);
        Assert.Contains("timer", faults[1], StringComparison.Ordinal);
    }

    private static void Play(WindowTableRun run, int kind, (long Watermark, bool AreAddedUp) how, Reading[] events)
    {
        switch (kind)
        {
            case 0:
                run.Restore();
                break;
            case <= 2:
                run.Capture(asBase: kind == 1);
                break;
            case <= 4:
                run.Advance(how.Watermark);
                break;
            default:
                if (how.AreAddedUp)
                    run.SendAddedUp(events);
                else
                    run.Send(events);
                break;
        }
    }

    private static void AssertSame(WindowTableRun expected, WindowTableRun run)
    {
        Assert.Equal(expected.TakeOutput(), run.TakeOutput());
        Assert.Equal(
            (expected.Group.Rows, expected.Group.LateEvents, expected.Group.EventsIn, expected.Group.NextEventTimer),
            (run.Group.Rows, run.Group.LateEvents, run.Group.EventsIn, run.Group.NextEventTimer));
        for (int key = 0; key < 6; key++)
            Assert.Equal(Seen(expected.Group, $"k{key}"), Seen(run.Group, $"k{key}"));
        Assert.Equal(expected.Group.Snapshot(), run.Group.Snapshot());
    }

    private static string Seen(GroupProgram group, string key)
    {
        var bytes = new ByteWriter();
        bytes.WriteString(key);
        return group.Inspect(bytes.ToArray()) is { } seen
            ? $"{seen.Key} at {seen.Watermark}; "
                + string.Join(", ", seen.Windows.Select(each => $"{each.Window} {each.Contents}"))
                + $"; {string.Join(", ", seen.Timers)}; {seen.State.Count} pieces of state"
            : "nothing";
    }

    private static string[] Results(JobPlan plan, WindowTableRun run) =>
    [
        .. run.TakeOutput().SelectMany(line =>
        {
            string[] parts = line.Split(' ');
            var reader = new ByteReader(Convert.FromHexString(parts[2]));
            return Enumerable.Range(0, int.Parse(parts[1], null)).Select(_ =>
            {
                var bytes = new ByteReader(reader.ReadBlob());
                Windowed<string, long> result = plan.Codecs.For<Windowed<string, long>>().Read(bytes);
                return $"{result.Key} [{result.Window.Start.Milliseconds}, {result.Window.End.Milliseconds}) {result.Value}";
            });
        }),
    ];

    /// <summary>A sum that will not take -1, and has no result of 13.</summary>
    private sealed class Doubtful : IAggregator<Reading, long, long>
    {
        public long Create() => 0;

        public void Add(ref long accumulator, in Reading value)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value.Value);
            accumulator += value.Value;
        }

        public void Merge(ref long into, in long from) => into += from;

        public long Result(in long accumulator) => accumulator != 13
            ? accumulator
            : throw new InvalidOperationException("There is no such sum.");
    }
}
