namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

/// <summary>A barrier stands on every way out of a stage, behind all that came before it and nothing that came after.</summary>
public sealed class BarrierTests
{
    private const int Groups = 64;
    private static readonly Topic<long> Totals = Topic.Of<long>("totals");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryGroupThatASourceFeeds_GetsTheBarrier(bool coPartitioned)
    {
        JobPlan plan = Plan(job => Counted(coPartitioned ? From(job).KeyBy(Input.Key) : From(job).KeyBy(Key)), 4);
        Posted posted = new();
        SourceProgram source = plan.CreateSource(0, 1);
        source.EmitBarrier(7);
        source.Flush(posted);
        Assert.Equal(
            coPartitioned ? Enumerable.Range(0, Groups).Where(group => group % 4 == 1) : Enumerable.Range(0, Groups),
            posted.Slices.Select(slice => slice.Target.Group));
        Assert.All(posted.Slices, slice => Assert.Equal((7, 0, 0), (slice.Barrier, slice.Count, slice.MarkCount)));
    }

    [Fact]
    public void WhatCameBeforeABarrier_StandsBeforeIt_AndWhatComesAfter_InASliceOfItsOwn()
    {
        JobPlan plan = Plan(job => Counted(From(job).KeyBy(Key)), 1);
        Posted posted = new();
        SourceProgram source = plan.CreateSource(0, 0);
        source.RaiseWatermark(T(1));
        Send(plan, source, "first");
        source.EmitBarrier(1);
        source.RaiseWatermark(T(2));
        source.EmitBarrier(2);
        source.RaiseWatermark(T(3));
        Send(plan, source, "first");
        source.Flush(posted);
        int group = plan.GroupOfKey(0, Bytes("first"));
        Slice[] slices = [.. posted.Slices.Where(slice => slice.Target.Group == group)];
        Assert.Equal([(1L, 1, 1L), (2L, 0, 2L), (0L, 1, 3L)], slices.Select(slice =>
            (slice.Barrier, slice.Count, slice.Marks[0].Watermark.Milliseconds)));
        source.Flush(posted);
        Assert.Equal(3 * Groups, posted.Slices.Count);
    }

    [Fact]
    public void AGroup_HandsTheBarrierOnToEveryGroupBehindIt_AndToTopicsWhatCameBefore()
    {
        JobPlan plan = Plan(
            job =>
            {
                DataStream<long> counts = Counted(From(job).KeyBy(Input.Key));
                counts.To(Totals);
                counts.KeyBy(count => count).Process("next", new CountAll<long, long>());
            },
            4);
        Posted posted = new();
        int group = plan.GroupOfKey(0, Bytes("first"));
        SourceProgram source = plan.CreateSource(0, group % 4);
        Send(plan, source, "first");
        source.EmitBarrier(3);
        source.Flush(posted);
        Slice slice = posted.Slices.Single(each => each.Target.Group == group);
        GroupProgram program = plan.CreateGroup(0, group);
        posted.Slices.Clear();
        program.Apply(slice);
        program.EmitBarrier(slice.Barrier);
        program.Flush(posted);
        Assert.Equal(Groups, posted.Slices.Count);
        Assert.All(posted.Slices, each => Assert.Equal((3, group), (each.Barrier, each.Target.Channel)));
        Assert.Equal(1, posted.Slices.Sum(each => each.Count));
        Assert.Equal(1, posted.Batches.Single().Count);
    }

    [Fact]
    public void AnOperatorWithoutKeys_GetsTheBarrierFromTheInstanceWithItsNumber()
    {
        JobPlan plan = Plan(job => From(job).EnrichAsync("ask", (each, _) => Task.FromResult(each.Value)).To(Totals), 2);
        Posted posted = new();
        SourceProgram source = plan.CreateSource(0, 1);
        Send(plan, source, "key");
        source.EmitBarrier(4);
        source.EmitBarrier(5);
        source.Flush(posted);
        Assert.Equal([(4L, 1), (5L, 0)], posted.Slices.Select(slice => (slice.Barrier, slice.Count)));
        Assert.All(posted.Slices, slice => Assert.Equal(1, slice.Target.Group));
    }

    [Fact]
    public void TheChannelOfCommands_CarriesBarriersBehindTheCommands()
    {
        JobPlan plan = Plan(job => From(job).KeyBy(Input.Key)
            .Process("count", new CountAll<string, Reading>())
            .OnError(Errors.QuarantineKey), 4);
        Posted posted = new();
        SourceProgram source = plan.CreateSource(1, 0);
        source.Process(new EventBatch
        {
            From = 0,
            Next = 1,
            Count = 1,
            Schema = plan.Graph.Commands!.Schema,
            Payload = plan.QuarantineCommand(0, Bytes("first"), release: true),
        });
        source.EmitBarrier(9);
        source.Flush(posted);
        int group = plan.GroupOfKey(0, Bytes("first"));
        Assert.Equal([(1, 0L), (0, 9L)], posted.Slices
            .Where(slice => slice.Target.Group == group)
            .Select(slice => (slice.Count, slice.Barrier)));
        Assert.Equal(Groups, posted.Slices.Count(slice => slice.Barrier == 9));
        Assert.All(posted.Slices, slice => Assert.Equal(1, slice.Target.Channel));
        Assert.Equal((1, 2), (plan.ChannelCount(0, group), plan.BarrierCount(0, group)));
    }

    [Fact]
    public void ABarrierHasTheNumberOfACheckpoint()
    {
        JobPlan plan = Plan(job => Counted(From(job).KeyBy(Input.Key)), 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CreateSource(0, 0).EmitBarrier(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.CreateGroup(0, 0).EmitBarrier(-1));
        byte[] beyond = [0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        Assert.Throws<CorruptDataException>(() => plan.DecodeSlice(new SliceTarget(0, 0, 0, 0), beyond));
    }

    private static string Key(Reading reading) => reading.Key;

    private static DataStream<long> Counted(KeyedStream<string, Reading> stream) =>
        stream.Process("count", new CountAll<string, Reading>());

    private static JobPlan Plan(Action<JobBuilder> define, int partitions)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(define), codecs);
        return new JobPlan(graph, codecs, graph.Inputs.Concat(graph.Outputs)
            .ToDictionary(topic => topic.Name, _ => partitions));
    }

    private static byte[] Bytes(string key)
    {
        var writer = new ByteWriter();
        writer.WriteString(key);
        return writer.ToArray();
    }

    private static void Send(JobPlan plan, SourceProgram source, string key)
    {
        var payload = new ByteWriter();
        int start = payload.BeginFrame();
        plan.Codecs.For<Reading>().Write(payload, new Reading(key, 10));
        payload.EndFrame(start);
        source.Process(new EventBatch
        {
            From = source.Next,
            Next = source.Next + 1,
            Count = 1,
            Schema = Input.Schema,
            Payload = payload.WrittenMemory,
        });
    }

    private sealed class CountAll<TKey, TIn> : KeyedProcess<TKey, TIn, long>
        where TKey : notnull
    {
        private static readonly ValueSlot<long> Seen = State.Value<long>("seen");

        public override void OnEvent(TIn value, IKeyContext<TKey, long> key)
        {
            key.State(Seen).Value++;
            key.Emit(key.State(Seen).Value);
        }
    }

    private sealed class Posted : IStageOutput
    {
        public List<Slice> Slices { get; } = [];

        public List<OutputBatch> Batches { get; } = [];

        public void Post(Slice slice) => Slices.Add(slice);

        public void Append(in OutputBatch batch) => Batches.Add(batch);
    }
}
