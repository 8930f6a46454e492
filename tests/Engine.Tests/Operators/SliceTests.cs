namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class SliceTests
{
    private static readonly SliceTarget Target = new(0, 3, 0, 0);
    private static readonly JobPlan Shuffled = Plan(each => each.Key + "");
    private static readonly JobPlan CoPartitioned = Plan(null);

    [Fact]
    public void Slices_RoundTrip() => Gen
        .Select(Gen.String, Gen.Long, Gen.Int[0, 3])
        .Array[0, 40]
        .Sample(steps =>
        {
            Slice<Reading> slice = New();
            foreach ((string key, long time, int kind) in steps)
            {
                if (kind == 0)
                    slice.AddMark(T(time), T(kind), time % 2 == 0);
                else
                    slice.Add(new Reading(key, time, kind), T(time));
            }

            if (steps.Length > 0 && steps[0].Item2 > 0)
                slice.EndWith(steps[0].Item2);
            byte[] bytes = Encode(slice);
            var read = (Slice<Reading>)Shuffled.DecodeSlice(Target, bytes);
            Assert.Equal(slice.Values.ToArray(), read.Values.ToArray());
            Assert.Equal(slice.Times.ToArray(), read.Times.ToArray());
            Assert.Equal(slice.Marks.ToArray(), read.Marks.ToArray());
            Assert.Equal((slice.Target, slice.Weight, slice.Barrier), (read.Target, read.Weight, read.Barrier));
            Assert.Equal(bytes, Encode(read));
            slice.Release();
            read.Release();
            Assert.Equal((0, 0, 0), (read.Count, read.MarkCount, read.Barrier));
        });

    [Fact]
    public void Offsets_RoundTrip_WhereASliceHasThem() => Gen.Long[0, long.MaxValue].Array[0, 40].Sample(offsets =>
    {
        var slice = new Slice<Reading>(Target, new CodecRegistry().For<Reading>(), hasOffsets: true);
        Slice<Reading> without = New();
        foreach (long offset in offsets)
        {
            slice.Add(new Reading("key", 1), T(1), offset);
            without.Add(new Reading("key", 1), T(1), offset);
        }

        var read = (Slice<Reading>)Shuffled.DecodeSlice(Target, Encode(slice));
        Assert.Equal(offsets, Enumerable.Range(0, read.Count).Select(read.OffsetAt));
        read = (Slice<Reading>)Shuffled.DecodeSlice(Target, Encode(without));
        Assert.All(Enumerable.Range(0, read.Count), index => Assert.Equal(-1, read.OffsetAt(index)));
    });

    [Fact]
    public void DamagedSlices_GiveCorruptDataOnly() => Gen
        .Select(Gen.Byte.Array[0, 60], Gen.Int[0, 1000], Gen.Int[0, 7], Gen.Bool)
        .Sample(
            (garbage, at, bit, cut) =>
            {
                Slice<Reading> slice = New();
                slice.Add(new Reading("key", 5, 6), T(5));
                slice.AddMark(T(5), T(6), idle: false);
                slice.Add(new Reading("other", 7, 8), T(7));
                slice.EndWith(9);
                byte[] bytes = Encode(slice);
                bytes[at % bytes.Length] ^= (byte)(1 << bit);
                Decode(cut ? bytes[..(at % bytes.Length)] : bytes);
                Decode(garbage);
            },
            iter: 500);

    [Fact]
    public void AMark_StandsBetweenEvents()
    {
        Assert.Throws<CorruptDataException>(() => Shuffled.DecodeSlice(Target, new byte[] { 0, 1, 1, 0, 0, 0, 0 }));
        Assert.Throws<CorruptDataException>(() => Shuffled.DecodeSlice(Target, new byte[] { 0, 0, 0, 0 }));
        Assert.Throws<CorruptDataException>(() => Shuffled.DecodeSlice(Target with { Edge = 9 }, new byte[] { 0, 0, 0 }));
    }

    [Fact]
    public void ASliceForNoChannel_IsRefused()
    {
        byte[] empty = [0, 0, 0];
        Shuffled.DecodeSlice(Target, empty);
        Refused(Target with { Operator = 1 });
        Refused(Target with { Group = 64 });
        Refused(Target with { Group = -1 });
        Refused(Target with { Channel = 1 });
        Refused(Target with { Channel = -1 });

        void Refused(SliceTarget target) =>
            Assert.Throws<CorruptDataException>(() => Shuffled.DecodeSlice(target, empty));
    }

    [Fact]
    public void AnEventBeforeTheFirstOffset_IsRefused()
    {
        // One event with an offset: its time is 0 and its offset is -1.
        var refusal = Assert.Throws<CorruptDataException>(
            () => Shuffled.DecodeSlice(Target, new byte[] { 5, 0, 1, 0, 0, 0, 0 }));
        Assert.Contains("at the offset -1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEventWithoutAKey_IsNotTakenIntoTheState()
    {
        var plan = Plan(each => each.Key);
        Slice<Reading> slice = New();
        slice.Add(new Reading(null!, 5), T(5));
        GroupProgram group = plan.CreateGroup(0, Target.Group);
        var failure = Assert.Throws<OperatorFailedException>(() => group.Apply(plan.DecodeSlice(Target, Encode(slice))));
        Assert.Contains("no key", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, group.Rows);
    }

    [Fact]
    public void AfterAShuffle_StepsWithoutEventsBetweenThemAreOne_ButNeverTheLastAndTheEnd()
    {
        var marks = MarksOf(Shuffled);
        Assert.Equal([new Mark(0, T(30), T(0), false), new Mark(0, EventTime.MaxValue, T(0), false)], marks);
    }

    [Fact]
    public void WithoutAShuffle_EveryStepIsKept() => Assert.Equal(
        [T(10), T(20), T(30), EventTime.MaxValue], MarksOf(CoPartitioned).Select(mark => mark.Watermark));

    private static Mark[] MarksOf(JobPlan plan)
    {
        var output = new Posted();
        SourceProgram source = plan.CreateSource(0, 0);
        long next = 0;
        foreach (long time in (long[])[11, 21, 31])
        {
            source.Process(new EventBatch
            {
                From = next,
                Next = ++next,
                Kind = BatchKind.Advance,
                Time = T(time),
                Stamp = T(0),
                Schema = "",
            });
        }

        source.Process(new EventBatch { From = next, Next = ++next, Kind = BatchKind.End, Stamp = T(0), Schema = "" });
        Assert.True(source.HasEnded);
        source.Flush(output);
        Assert.Equal(64, output.Slices.Count);
        Assert.Equal(0, source.Held);
        return output.Slices.Single(slice => slice.Target.Group == 3).Marks.ToArray();
    }

    private static void Decode(byte[] bytes)
    {
        try
        {
            Encode(Shuffled.DecodeSlice(Target, bytes));
        }
        catch (CorruptDataException)
        {
            // The only way in which bytes may fail.
        }
    }

    private static Slice<Reading> New() => (Slice<Reading>)Shuffled.Graph.Edges[0].NewSlice(Target, Shuffled.Codecs);

    private static byte[] Encode(Slice slice)
    {
        var writer = new ByteWriter();
        slice.Encode(writer);
        return writer.ToArray();
    }

    private static JobPlan Plan(Func<Reading, string>? key)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job =>
            {
                DataStream<Reading> stream = job.From(Input)
                    .WithEventTime(each => T(each.At), Watermarks.Monotonous());
                (key is null ? stream.KeyBy(Input.Key) : stream.KeyBy(key)).Window(Windows.Tumbling(Ms(10)))
                    .Aggregate("sums", 0L, (sum, each) => sum + each.Value);
            }),
            codecs);
        return new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1 });
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
