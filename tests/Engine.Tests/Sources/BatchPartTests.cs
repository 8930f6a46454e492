namespace Weir.Engine.Tests.Sources;

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
/// Batches of a log that keeps none come in parts that are cut anywhere, with barriers and restores between them: what a
/// source hands on is the same.
/// </summary>
public sealed class BatchPartTests
{
    private static readonly Gen<PlannedBatch[]> SomeBatches = Gen.Select(
            Gen.Int[1, 6].SelectMany(count => Gen.Select(Gen.Int[0, 400], Gen.Int[0, 9]).Array[count]),
            Gen.Bool,
            Gen.Int[0, 90],
            Gen.Int[0, 2])
        .Select((events, isTick, step, hole) => new PlannedBatch(isTick && events.Length == 1 ? [] : events, step, hole))
        .Array[1, 12];

    public static TheoryData<bool, bool> Jobs => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Jobs))]
    public void HoweverABatchIsCut_TheSameIsHandedOn(bool usesClock, bool followsPartitions) =>
        Gen.Select(SomeBatches, Gen.Int[0, 3].Array[80], Gen.Bool).Sample((batches, cuts, restores) =>
        {
            string[] whole = Run(usesClock, followsPartitions, Parts(batches, i => false), _ => false);
            EventBatch[] parts = Parts(batches, i => cuts[i % cuts.Length] == 0);
            Assert.Equal(whole, Run(usesClock, followsPartitions, parts, i => restores && cuts[(i * 7) % cuts.Length] < 2));
        });

    [Fact]
    public void TheEventsOfAnOpenBatchAreHandedOn_AndItsTimeWhenItEnds()
    {
        SourceProgram source = Plan(usesClock: false, followsPartitions: false).CreateSource(0, 0);
        source.Process(Events(0, BatchPart.First, 50, new Reading("a", 10)));
        Assert.Equal((1, EventTime.MinValue, true), (source.Held, source.Watermark, source.IsInsideBatch));
        source.Process(Events(1, BatchPart.Next, 50, new Reading("a", 30)));
        Assert.Equal(EventTime.MinValue, source.Watermark);
        source.Process(Events(2, BatchPart.First, 60, new Reading("a", 70)));
        Assert.Equal((T(10), T(50)), (source.Watermark, source.Clock));
        source.Process(Events(3, BatchPart.Whole, 90, new Reading("a", 71)));
        Assert.Equal((T(51), T(90), false), (source.Watermark, source.Clock, source.IsInsideBatch));
    }

    [Fact]
    public void APart_CanBeCutAtAnyOfItsOffsets()
    {
        EventBatch part = Events(0, BatchPart.First, 5, new Reading("a", 1), new Reading("b", 2), new Reading("c", 3)) with
        {
            From = 7,
            Next = 12,
        };
        Assert.Equal((9, 3), (part.FirstOffset, part.Count));
        Assert.Equal(part with { From = 8 }, part.Behind(8));
        EventBatch rest = part.Behind(10);
        Assert.Equal((10L, 12L, 10L, 2, BatchPart.Next), (rest.From, rest.Next, rest.FirstOffset, rest.Count, rest.Part));
        EventBatch begin = part.Before(10);
        Assert.Equal((7L, 10L, 9L, 1, BatchPart.First), (begin.From, begin.Next, begin.FirstOffset, begin.Count, begin.Part));
        Assert.Equal(
            part.Payload.ToArray(), begin.Payload.ToArray().Concat(rest.Payload.ToArray()));
        Assert.Throws<CorruptDataException>(() => (part with { Payload = new byte[] { 200, 1 } }).Behind(10));
    }

    private static string[] Run(bool usesClock, bool followsPartitions, EventBatch[] batches, Func<int, bool> restartsAt)
    {
        JobPlan plan = Plan(usesClock, followsPartitions).EventByEvent();
        SourceProgram source = plan.CreateSource(0, 0);
        var seen = new Seen();
        for (int i = 0; i < batches.Length; i++)
        {
            source.Process(in batches[i]);
            if (!restartsAt(i))
                continue;
            source.Flush(seen);
            var state = new ByteWriter();
            source.Write(state);
            source = plan.CreateSource(0, 0);
            var reader = new ByteReader(state.ToArray());
            source.Read(reader);
            Assert.Equal(0, reader.Remaining);
        }

        source.Flush(seen);
        return [.. seen.Lines(), $"at {source.Watermark.Milliseconds} {source.Clock.Milliseconds}"];
    }

    private static JobPlan Plan(bool usesClock, bool followsPartitions)
    {
        var codecs = new CodecRegistry();
        var job = new TestJob(job =>
        {
            DataStream<Reading> readings = job.From(Input).WithEventTime(each => T(each.At), Watermarks.Custom(new EveryTenth()));
            KeyedStream<string, Reading> keyed =
                followsPartitions ? readings.KeyBy(Input.Key) : readings.KeyBy(each => each.Key);
            keyed.Window(usesClock ? Windows.TumblingProcessingTime(Ms(100)) : Windows.Tumbling(Ms(100)))
                .Aggregate("sum", new Sum<Reading, long>(each => each.Value))
                .To(Tables.Results);
        });
        var graph = JobGraph.Build(job, codecs);
        return new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => 1));
    }

    private static EventBatch[] Parts(PlannedBatch[] batches, Func<int, bool> isCut)
    {
        var parts = new List<EventBatch>();
        long offset = 0;
        long stamp = 0;
        int number = 0;
        foreach (PlannedBatch batch in batches)
        {
            stamp += batch.Step;
            if (batch.Events.Length == 0)
            {
                parts.Add(new EventBatch
                {
                    From = offset,
                    Next = offset + 1 + batch.Hole,
                    Kind = BatchKind.Tick,
                    Stamp = T(stamp),
                    Schema = "",
                });
                offset = parts[^1].Next;
                continue;
            }

            Reading[] readings =
                [.. batch.Events.Select((each, i) => new Reading($"k{each.Item2}", each.Item1, i + 1))];
            EventBatch part = Events(offset + batch.Hole, BatchPart.First, stamp, readings) with { From = offset };
            for (long cut = part.FirstOffset + 1; cut < part.Next; cut++)
            {
                if (!isCut(number++))
                    continue;
                parts.Add(part.Before(cut));
                part = part.Behind(cut);
            }

            parts.Add(part);
            offset = part.Next;
        }

        return [.. parts];
    }

    private static EventBatch Events(long first, BatchPart part, long stamp, params Reading[] readings)
    {
        Codec<Reading> codec = new CodecRegistry().For<Reading>();
        var payload = new ByteWriter();
        foreach (Reading reading in readings)
        {
            int start = payload.BeginFrame();
            codec.Write(payload, reading);
            payload.EndFrame(start);
        }

        return new EventBatch
        {
            From = first,
            Next = first + readings.Length,
            Count = readings.Length,
            Part = part,
            Stamp = T(stamp),
            Schema = Input.Schema,
            Payload = payload.Detach(),
        };
    }

    /// <summary>A batch of events, as (time, key), or a tick without any; the clock goes on by a step before it, and some
    /// offsets before it have no message.</summary>
    private sealed record PlannedBatch((int, int)[] Events, int Step, int Hole);

    /// <summary>Emits in the middle of batches, which must survive a restore there.</summary>
    private sealed class EveryTenth : WatermarkGenerator
    {
        public override void OnEvent(EventTime time, IWatermarkContext partition)
        {
            if (time.Milliseconds % 10 < 4)
                partition.Emit(time.Minus(20));
        }
    }

    /// <summary>Per group the events and steps of time in their order; a step that repeats the one before says nothing, and
    /// of steps with nothing between them the last one counts.</summary>
    private sealed class Seen : IStageOutput
    {
        private readonly SortedDictionary<int, List<string>> _lines = [];

        public void Append(in OutputBatch batch) => throw new NotSupportedException();

        public void Post(Slice slice)
        {
            List<string> lines = _lines.TryGetValue(slice.Target.Group, out var known)
                ? known
                : _lines[slice.Target.Group] = [];
            var typed = (Slice<Reading>)slice;
            int mark = 0;
            for (int i = 0; i <= typed.Count; i++)
            {
                for (; mark < typed.MarkCount && typed.Marks[mark].Position == i; mark++)
                    AddMark(lines, typed.Marks[mark]);
                if (i < typed.Count)
                    lines.Add($"{typed.OffsetAt(i)} {typed.Values[i]}");
            }
        }

        public IEnumerable<string> Lines() => _lines.SelectMany(group => group.Value.Select(line => $"{group.Key}: {line}"));

        private static void AddMark(List<string> lines, Mark mark)
        {
            string line = $"mark {mark.Watermark.Milliseconds} {mark.Clock.Milliseconds} {mark.IsIdle}";
            if (lines.Count > 0 && lines[^1].StartsWith("mark", StringComparison.Ordinal))
                lines[^1] = line;
            else if (lines.FindLast(each => each.StartsWith("mark", StringComparison.Ordinal)) != line)
                lines.Add(line);
        }
    }
}
