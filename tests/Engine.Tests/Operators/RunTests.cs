namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// A source hands on its events as runs where a router follows it. What comes of it is what comes of them one by one,
/// which a watermark that looks at every event asks for.
/// </summary>
public sealed class RunTests
{
    private const int Longest = 256;

    // Batches that fill several runs, among small ones; late events; restarts, flushes and ticks.
    private static readonly Gen<CombiningStep[]> Steps =
        (from kind in Gen.Int[0, 11]
         from partition in Gen.Int[0, CombiningRun.Partitions - 1]
         from wait in Gen.Int[0, 20]
         from events in Gen.Select(Gen.Int[0, 9], Gen.Int[-40, 10]).Array[Gen.OneOf(Gen.Int[1, 5], Gen.Int[250, 600])]
         select new CombiningStep(kind, partition, wait, events)).Array[1, 12];

    public static TheoryData<string> Keys => ["topic's key", "text", "number", "pair"];

    public static TheoryData<int> Places => [0, 1, Longest - 1, Longest, Longest + 1, 599];

    [Theory]
    [MemberData(nameof(Keys))]
    public void WhatComesOut_IsWhatEventsGiveOneByOne(string key)
    {
        JobPlan runs = Plan(key, Watermarks.Bounded(Ms(15)));
        JobPlan each = Plan(key, Watermarks.Custom(new OneByOne(15)));
        Steps.Sample(steps =>
        {
            string[] expected = new CombiningRun(each).Play(steps);
            Assert.Equal(expected, new CombiningRun(runs).Play(steps));
            Assert.Equal(expected, new CombiningRun(runs.EventByEvent()).Play(steps));
        });
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void BytesOfAnEventThatAreWrong_AreNamed_AndAllBeforeItGoOn(int place) =>
        FailsAt(place, Plan("text", Watermarks.Bounded(Ms(15))), each => each, "not understood");

    [Theory]
    [MemberData(nameof(Places))]
    public void AnEventWithoutAKey_IsNamed_AndAllBeforeItGoOn(int place)
    {
        JobPlan plan = Plan("none at -1", Watermarks.Bounded(Ms(15)));
        FailsAt(place, plan, each => each with { At = -1 }, "no key", isWhole: true);
        FailsAt(place, plan.EventByEvent(), each => each with { At = -1 }, "no key", isWhole: true);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void AnEventWhoseTimeFails_IsNamed_AndAllBeforeItGoOn(int place) => FailsAt(
        place, Plan("text", Watermarks.Bounded(Ms(15))), each => each with { At = -2 }, "no such time", isWhole: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BytesBehindTheEvents_AreToldOfTheLastOne(bool isOneByOne)
    {
        JobPlan plan = Plan("text", isOneByOne ? Watermarks.Custom(new OneByOne(15)) : Watermarks.Bounded(Ms(15)));
        SourceProgram source = plan.CreateSource(0, 0);
        ByteWriter payload = Payload(plan, 300, _ => false, (each, _) => each);
        payload.WriteBool(true);
        var failed = Assert.Throws<SourceFailedException>(() => source.Process(Batch(payload, 300)));
        Assert.Contains("1 bytes follow", failed.Message, StringComparison.Ordinal);
        Assert.Equal(299, failed.Offset);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void AnEventWithoutATime_GoesAsItIs(int place)
    {
        var run = new CombiningRun(Plan("text", Watermarks.Bounded(Ms(15))), applies: false);
        run.Send(0, ("a", 1));
        run.Send(0, [.. Enumerable.Range(0, 600).Select(i => ("a", i == place ? -3L : 7L))]);
        Slice[] slices = run.Flush();
        Assert.Equal(601, slices.Sum(slice => slice.Events));
        var rest = (Slice<Reading>)Assert.Single(slices, slice => slice is Slice<Reading> { Count: > 0 });
        Assert.Equal(600 - place, rest.Count);
        Assert.Equal((EventTime.None, 1L + place), (rest.Times[0], rest.OffsetAt(0)));
    }

    private static void FailsAt(
        int place, JobPlan plan, Func<Reading, Reading> fault, string message, bool isWhole = false)
    {
        SourceProgram source = plan.CreateSource(0, 0);
        ByteWriter payload = Payload(plan, 600, i => i == place && !isWhole, (each, i) => i == place ? fault(each) : each);
        var failed = Assert.Throws<SourceFailedException>(() => source.Process(Batch(payload, 600)));
        Assert.Contains(message, failed.Message, StringComparison.Ordinal);
        Assert.Equal(place, failed.Offset);
        var posted = new Posted();
        source.Flush(posted);
        Assert.Equal(place, posted.Slices.Sum(slice => slice.Events));
    }

    private static ByteWriter Payload(
        JobPlan plan, int count, Func<int, bool> isTooLong, Func<Reading, int, Reading> change)
    {
        var payload = new ByteWriter();
        for (int i = 0; i < count; i++)
        {
            int start = payload.BeginFrame();
            plan.Codecs.For<Reading>().Write(payload, change(new Reading("a", i % 50), i));
            if (isTooLong(i))
                payload.WriteBool(true);
            payload.EndFrame(start);
        }

        return payload;
    }

    private static EventBatch Batch(ByteWriter payload, int count) => new()
    {
        From = 0,
        Next = count,
        Count = count,
        Schema = Input.Schema,
        Payload = payload.WrittenMemory,
    };

    private static JobPlan Plan(string key, WatermarkStrategy watermarks)
    {
        var codecs = new CodecRegistry();
        var job = new TestJob(job => Define(key, job.KeyGroups(2).From(Input).WithEventTime(TimeOf, watermarks)));
        JobGraph graph = JobGraph.Build(job, codecs);
        return new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => CombiningRun.Partitions));
    }

    private static EventTime TimeOf(Reading reading) => reading.At switch
    {
        -2 => throw new FormatException("There is no such time."),
        -3 => EventTime.None,
        _ => T(reading.At),
    };

    private static void Define(string key, DataStream<Reading> readings)
    {
        switch (key)
        {
            case "topic's key":
                Sums(readings.KeyBy(Input.Key));
                break;
            case "number":
                Sums(readings.KeyBy(each => each.At % 7));
                break;
            case "pair":
                Sums(readings.KeyBy(each => (each.Key, each.Value)));
                break;
            default:
                Sums(readings.KeyBy(each => each.At == -1 ? null! : each.Key));
                break;
        }
    }

    private static void Sums<TKey>(KeyedStream<TKey, Reading> keyed)
        where TKey : notnull => keyed
        .Window(Windows.Tumbling(Ms(20)))
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .Select(each => $"{each.Key} {each.Window} {each.Value}")
        .To(Tables.Texts);

    /// <summary>As bounded watermarks, of every event by itself.</summary>
    private sealed class OneByOne(long bound) : WatermarkGenerator
    {
        public override int Cells => 1;

        public override void OnEvent(EventTime time, IWatermarkContext partition) =>
            partition[0] = Math.Max(partition[0] ?? long.MinValue, time.Milliseconds);

        public override void OnBatchEnd(IWatermarkContext partition)
        {
            if (partition[0] is { } highest)
                partition.Emit(new EventTime(highest).Minus(bound).Minus(1));
        }
    }

    private sealed class Posted : IStageOutput
    {
        public List<Slice> Slices { get; } = [];

        public void Post(Slice slice) => Slices.Add(slice);

        public void Append(in OutputBatch batch)
        {
        }
    }
}
