namespace Weir.Engine.Tests.Snapshots;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>Captures that are copied while the group goes on.</summary>
public sealed class CopyTests
{
    private const int Keys = 300;
    private static readonly JobPlan Plan = Tracked.Plan(isShown: true);

    /// <summary>
    /// Whatever happens while a capture is copied, and however much of it is copied when: it has the bytes of one that was
    /// copied when it began.
    /// </summary>
    [Fact]
    public void ACopy_HasTheBytesOfWhatWasThere_WhenTheCaptureBegan() => Gen
        .Select(Gen.Int[0, 11], Gen.Int[0, Keys - 1], Gen.Int[0, 120], Gen.Int[0, 12])
        .Array[1, 120]
        .Sample(
            steps =>
            {
                GroupProgram group = Filled();
                GroupProgram twin = Filled();
                var open = new Queue<(SegmentCopy Copy, byte[] Expected)>();
                foreach ((int step, int key, int at, int value) in steps)
                {
                    if (step >= 9)
                    {
                        GroupCapture capture = group.Capture(asBase: step == 11);
                        GroupCapture expected = twin.Capture(asBase: step == 11);
                        Assert.Equal(expected.IsBase, capture.IsBase);
                        Assert.Equal(MarkOf(expected), MarkOf(capture));
                        Assert.Equal(expected.Copy is null, capture.Copy is null);
                        if (capture.Copy is { } copy)
                            open.Enqueue((copy, expected.Segment!.Value.ToArray()));
                    }
                    else if (step == 8 && open.TryPeek(out (SegmentCopy Copy, byte[] Expected) oldest))
                    {
                        oldest.Copy.Advance(value + 1);
                    }
                    else if (step == 7 && open.TryDequeue(out oldest))
                    {
                        Assert.Equal(oldest.Expected, oldest.Copy.Finish().ToArray());
                    }

                    foreach (GroupProgram each in step < 7 ? [group, twin] : Array.Empty<GroupProgram>())
                        Apply(each, step, $"k{key}", at, value);
                }

                foreach ((SegmentCopy copy, byte[] expected) in open)
                    Assert.Equal(expected, copy.Finish().ToArray());
                Assert.Equal(twin.Snapshot(), group.Snapshot());
            },
            iter: 300);

    [Fact]
    public void Advance_CopiesAboutSoMany_UntilNothingIsLeft()
    {
        GroupProgram group = Filled();
        SegmentCopy copy = group.Capture(asBase: true).Copy!;
        int turns = 1;
        while (!copy.Advance(50))
            turns++;
        Assert.InRange(turns, 3, Keys / 50);
        Assert.True(copy.Advance(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => copy.Advance(0));
    }

    [Fact]
    public void AnOlderCopy_IsWholeWhenTheNextCaptureBegins_AndLeavesThatAlone()
    {
        GroupProgram group = Filled();
        GroupCapture first = group.Capture(asBase: true);
        byte[] held = Filled().Capture(asBase: true).Segment!.Value.ToArray();
        Apply(group, 0, "k7", 5, 2);
        GroupCapture second = group.Capture(asBase: true);
        Assert.True(first.Copy!.Advance(1));
        Assert.Equal(held, first.Segment!.Value.ToArray());
        Assert.False(second.Copy!.Advance(1));
    }

    /// <summary>What can not be written is no fault of the event that its key is copied for.</summary>
    [Fact]
    public void WhatCanNotBeWritten_FailsTheCopy_AndNotTheEvent()
    {
        var codec = new TemperCodec();
        JobPlan plan = Tempers.Plan(codec);
        GroupProgram group = plan.CreateGroup(0, 0);
        Tracked.Send(plan, group, "a", 1);
        Tracked.Send(plan, group, "b", 1);
        GroupCapture capture = group.Capture(asBase: true);
        codec.IsBroken = true;
        Tracked.Send(plan, group, "a", 2);
        Assert.Equal("no ink", Assert.Throws<IOException>(() => capture.Copy!.Advance(1)).Message);
        Assert.Throws<IOException>(() => capture.Segment);
        codec.IsBroken = false;
        Assert.Throws<IOException>(() => capture.Segment);
        SegmentReader held = new(group.Snapshot());
        SegmentReader next = new(group.Capture(asBase: true).Segment!.Value);
        Assert.Equal(2, held.Count);
        Assert.Equal(
            held.Records().Select(record => Convert.ToHexString(record.Bytes.Span)),
            next.Records().Select(record => Convert.ToHexString(record.Bytes.Span)));
    }

    /// <summary>What lives from the first tick of the clock on is changed by it, though nobody touches its key.</summary>
    [Fact]
    public void WhatTheClockChangesWhenItBegins_IsCopiedBefore()
    {
        JobPlan plan = Lasting.Plan();
        byte[][] segments = [.. new[] { false, true }.Select(copiesLater =>
        {
            GroupProgram group = plan.CreateGroup(0, 0);
            Tracked.Send(plan, group, "a", 1);
            SegmentCopy copy = group.Capture(asBase: true).Copy!;
            if (!copiesLater)
                copy.Finish();
            Tracked.Advance(plan, group, T(3), T(7));
            return copy.Finish().ToArray();
        })];
        Assert.Equal(segments[0], segments[1]);
    }

    [Fact]
    public void StateThatAFunctionOverWindowsLeft_IsCopiedBeforeItExpires()
    {
        JobPlan plan = PlanOf(stream => stream.Window(Windows.Tumbling(Ms(10))).Process("op", new Counting()));
        byte[][] segments = [.. new[] { false, true }.Select(copiesLater =>
        {
            GroupProgram group = plan.CreateGroup(0, 0);
            Tracked.Send(plan, group, "a", 1);
            Tracked.Send(plan, group, "b", 25);
            Tracked.Advance(plan, group, T(12), T(5));
            SegmentCopy copy = group.Capture(asBase: true).Copy!;
            if (!copiesLater)
                copy.Finish();
            Tracked.Advance(plan, group, T(13), T(60));
            Assert.Equal(1, group.Rows);
            return copy.Finish().ToArray();
        })];
        Assert.Equal(segments[0], segments[1]);
    }

    private static byte[] MarkOf(GroupCapture capture)
    {
        var mark = new ByteWriter();
        capture.Mark.Write(mark);
        return mark.ToArray();
    }

    private static void Apply(GroupProgram group, int step, string key, int at, int value)
    {
        if (step < 5)
            Tracked.Send(Plan, group, key, at, value);
        else
            Tracked.Advance(Plan, group, T(at), T(at / (value + 1)));
    }

    // Several words of rows, in which some have gone.
    private static GroupProgram Filled()
    {
        GroupProgram group = Plan.CreateGroup(0, 0);
        for (int i = 0; i < Keys; i++)
            Tracked.Send(Plan, group, $"k{i}", 1, value: i % 13);
        for (int i = 0; i < Keys; i += 7)
            Tracked.Send(Plan, group, $"k{i}", 1, value: 0);
        return group;
    }

    private sealed record Temper(long Value);

    private sealed class TemperCodec : Codec<Temper>, ICodecProvider
    {
        public bool IsBroken { get; set; }

        public override string Schema => "temper";

        public override void Write(ByteWriter writer, in Temper value)
        {
            if (IsBroken)
                throw new IOException("no ink");
            writer.WriteSigned(value.Value);
        }

        public override Temper Read(ByteReader reader) => new(reader.ReadSigned());

        public Codec? Find(Type type) => type == typeof(Temper) ? this : null;
    }

    private static JobPlan PlanOf(
        Func<KeyedStream<string, Reading>, DataStream<string>> step, params ICodecProvider[] providers)
    {
        Topic<string> output = Topic.Of<string>("out");
        var codecs = new CodecRegistry(providers);
        var graph = JobGraph.Build(
            new TestJob(job => step(From(job.KeyGroups(1)).KeyBy(each => each.Key)).To(output)), codecs);
        return new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1, [output.Name] = 1 });
    }

    private sealed class Counting : WindowProcess<string, Reading, string>
    {
        private static readonly ValueSlot<int> Count = State.Value<int>("count").ExpiresAfter(Ms(40));

        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window) =>
            window.KeyState(Count).Value += events.Count;
    }

    private sealed class Lasting : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Last =
            State.Value<long>("last").ExpiresAfter(Ms(40), new TimeToLive { Cleanup = false });

        public static JobPlan Plan() => PlanOf(stream => stream.Process("op", new Lasting()));

        public override void OnEvent(Reading value, IKeyContext<string, string> key) => key.State(Last).Value = value.At;
    }

    private sealed class Tempers : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<Temper> Last = State.Value<Temper>("last");

        public static JobPlan Plan(TemperCodec codec) => PlanOf(stream => stream.Process("op", new Tempers()), codec);

        public override void OnEvent(Reading value, IKeyContext<string, string> key) =>
            key.State(Last).Value = new Temper(value.At);
    }
}
