namespace Weir.Engine.Tests.Sources;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Sources;
using static Weir.Engine.Tests.Reading;

/// <summary>Tables of (member, its watermark or what it has become, the limit that it is told).</summary>
public sealed class WatermarkAlignmentTests
{
    [Fact]
    public void ALimit_IsTheLowestOfTheGroup_PlusTheDrift() => Check(
        ["a", "b", "c"],
        ("a", "100", "none"), ("b", "40", "none"), ("c", "70", "60"), ("a", "100", "60"), ("b", "60", "80"),
        ("a", "100", "80"), ("b", "200", "90"), ("c", "90", "110"));

    [Fact]
    public void IdleAndEndedMembers_DoNotCount_UntilTheyComeBack() => Check(
        ["a", "b"],
        ("a", "100", "none"), ("b", "40", "60"), ("b", "idle", "120"), ("a", "110", "130"), ("b", "41", "61"),
        ("a", "110", "61"), ("b", "end", "130"), ("a", "115", "135"), ("a", "end", "end"));

    [Fact]
    public void Limits_StayWithinTheRangeOfTime() => Check(
        ["a"], ("a", "9223372036854775800", "end"), ("a", "-9223372036854775807", "-9223372036854775787"));

    [Fact]
    public void Groups_DoNotWaitForEachOther_AndEachMemberHasItsOwnDrift()
    {
        var alignment = new WatermarkAlignment();
        Assert.True(alignment.IsEmpty);
        alignment.Add("a", new SourceAlignment("one", Ms(20)));
        alignment.Add("b", new SourceAlignment("one", Ms(5)));
        alignment.Add("c", new SourceAlignment("two", Ms(20)));
        alignment.Report("a", T(100), counts: true);
        Assert.Equal(T(12), alignment.Report("b", T(7), counts: true));
        Assert.Equal(T(27), alignment.Report("a", T(100), counts: true));
        Assert.Equal(T(1020), alignment.Report("c", T(1000), counts: true));
        Assert.Null(alignment.Report("d", T(1), counts: true));
        Assert.False(alignment.IsEmpty);
    }

    [Fact]
    public void AGate_ReadsUntilItHasAWatermark_AndThenUpToItsLimit()
    {
        SourceProgram source = Source();
        var gate = new AlignmentGate(source, new SourceAlignment("one", Ms(20)));
        Assert.Equal((false, false), (gate.MustWait, gate.HasNews));
        Advance(source, 0, 100);
        Assert.Equal((true, true), (gate.MustWait, gate.HasNews));
        Assert.Equal((T(99), true), gate.TakeReport());
        Assert.False(gate.HasNews);
        gate.Allow(T(99));
        Assert.False(gate.MustWait);
        Advance(source, 1, 109);
        Assert.Equal((true, false), (gate.MustWait, gate.HasNews));
        gate.Allow(T(200));
        Advance(source, 2, 110);
        Assert.Equal((false, true), (gate.MustWait, gate.HasNews));
        gate.TakeReport();
        gate.Allow(T(50));
        Assert.True(gate.MustWait);
        source.Process(Batch(3, BatchKind.End));
        Assert.Equal((false, true, false), (gate.MustWait, gate.HasNews, gate.Counts));
        Assert.Equal((EventTime.MaxValue, false), gate.TakeReport());
        Assert.False(gate.HasNews);
    }

    /// <summary>
    /// Whatever the order of reports, sources with work end, and none is ever ahead of what the slowest has reported
    /// by more than the drift and one batch.
    /// </summary>
    [Fact]
    public void NobodyIsHeldForEver_AndNobodyRunsAhead() => Gen
        .Select(Gen.Int[1, 30].Array[1, 25].Array[2, 4], Gen.Int[1, 40], Gen.Int[0, 1000].Array[1, 200])
        .Sample(
            (work, drift, order) =>
            {
                var alignment = new WatermarkAlignment();
                var own = new SourceAlignment("all", Ms(drift));
                Runner[] runners = [.. work.Select((steps, i) => new Runner($"s{i}", steps, own))];
                foreach (Runner runner in runners)
                    alignment.Add(runner.Name, own);
                for (int turn = 0; !Array.TrueForAll(runners, each => each.Source.HasEnded); turn++)
                {
                    Assert.True(turn < 20_000, "somebody waits for ever");
                    // Now and then everybody has a turn, as in a silo every second.
                    foreach (Runner each in turn % 10 == 9 ? runners : [])
                    {
                        each.Report(alignment);
                        each.ReadOne();
                    }

                    Runner runner = runners[(order[turn % order.Length] + turn) % runners.Length];
                    if (order[turn % order.Length] % 3 == 0 || runner.Gate.HasNews)
                        runner.Report(alignment);
                    runner.ReadOne();
                    long lowest = runners.Where(each => !each.Source.HasEnded).Select(each => each.Time)
                        .DefaultIfEmpty(long.MaxValue).Min();
                    Assert.All(
                        runners.Where(each => !each.Source.HasEnded && each.BeforeLast >= 0),
                        each => Assert.True(each.BeforeLast <= lowest + drift));
                }
            },
            iter: 100);

    private sealed class Runner
    {
        private readonly Queue<int> _steps;
        private long _at;

        public Runner(string name, int[] steps, SourceAlignment alignment)
        {
            Name = name;
            _steps = new Queue<int>(steps);
            Source = Source();
            Gate = new AlignmentGate(Source, alignment);
        }

        public string Name { get; }

        public SourceProgram Source { get; }

        public AlignmentGate Gate { get; }

        /// <summary>Its watermark, zero before there is one.</summary>
        public long Time => Source.Watermark.HasValue ? Source.Watermark.Milliseconds : 0;

        /// <summary>Its watermark before the batch that it read last: it was allowed to read on from there.</summary>
        public long BeforeLast { get; private set; } = -1;

        public void Report(WatermarkAlignment alignment)
        {
            (EventTime watermark, bool counts) = Gate.TakeReport();
            Gate.Allow(alignment.Report(Name, watermark, counts)!.Value);
        }

        public void ReadOne()
        {
            if (Gate.MustWait || Source.HasEnded)
                return;
            BeforeLast = Time;
            if (_steps.TryDequeue(out int step))
                Advance(Source, Source.Next, _at += step);
            else
                Source.Process(Batch(Source.Next, BatchKind.End));
        }
    }

    private static void Check(string[] members, params (string Member, string Step, string Limit)[] table)
    {
        var alignment = new WatermarkAlignment();
        foreach (string member in members)
            alignment.Add(member, new SourceAlignment("one", Ms(20)));
        var last = members.ToDictionary(member => member, _ => EventTime.MinValue);
        var actual = table.Select(row =>
        {
            bool counts = row.Step is not ("idle" or "end");
            if (row.Step == "end")
                last[row.Member] = EventTime.MaxValue;
            else if (counts)
                last[row.Member] = T(long.Parse(row.Step, null));
            EventTime limit = alignment.Report(row.Member, last[row.Member], counts)!.Value;
            string shown = limit == EventTime.MaxValue ? "end"
                : limit == EventTime.MinValue + Ms(20) ? "none"
                : $"{limit.Milliseconds}";
            return (row.Member, row.Step, shown);
        }).ToArray();
        Assert.Equal(table, actual);
    }

    private static SourceProgram Source()
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job => job.From(Input)
                .WithEventTime(each => T(each.At), Watermarks.Monotonous()).To(Tables.Late)),
            codecs);
        return new JobPlan(
            graph, codecs, new Dictionary<string, int> { [Input.Name] = 1, [Tables.Late.Name] = 1 }).CreateSource(0, 0);
    }

    private static void Advance(SourceProgram source, long from, long time) =>
        source.Process(Batch(from, BatchKind.Advance) with { Time = T(time) });

    private static EventBatch Batch(long from, BatchKind kind) =>
        new() { From = from, Next = from + 1, Kind = kind, Schema = "" };
}
