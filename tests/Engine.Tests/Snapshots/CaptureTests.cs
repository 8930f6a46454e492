namespace Weir.Engine.Tests.Snapshots;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

public sealed class CaptureTests
{
    private static readonly JobPlan Plan = Tracked.Plan();

    /// <summary>
    /// Whatever happens between whichever captures: the fold of what was stored has the bytes of a capture of everything,
    /// and what is restored from the chain, from its fold and from a snapshot is the same.
    /// </summary>
    [Fact]
    public void AChain_IsWhatTheGroupHolds() => Gen
        .Select(Gen.Int[0, 9], Gen.Int[0, 7], Gen.Int[0, 120], Gen.Int[0, 12])
        .Array[1, 80]
        .Sample(
            steps =>
            {
                GroupProgram group = Plan.CreateGroup(0, 0);
                var chain = new Chain();
                foreach ((int step, int key, int at, int value) in steps)
                {
                    if (step < 5)
                        Tracked.Send(Plan, group, $"k{key}", at, value);
                    else if (step < 7)
                        Tracked.Advance(Plan, group, T(at), T(at / (value + 1)));
                    else if (step == 9)
                        group.Capture(asBase: false);
                    if (step >= 7)
                        chain.Store(group.Capture(asBase: step == 9));
                    if (step == 8)
                        group = chain.Restored(Plan);
                }

                chain.Store(group.Capture(asBase: false));
                byte[] live = group.Snapshot();
                Assert.Equal(live, chain.Restored(Plan).Snapshot());
                if (chain.Segments.Count == 0)
                    return;
                byte[] fold = SegmentFold.Merge(chain.Memories);
                Assert.Equal(live, new Chain(chain.Mark!, fold).Restored(Plan).Snapshot());
                Assert.Equal(group.Capture(asBase: true).Segment!.Value.ToArray(), fold);
            },
            iter: 400);

    [Fact]
    public void AChange_HoldsTheTouchedKeysAndThoseThatWent_AndNothingElse()
    {
        GroupProgram group = Plan.CreateGroup(0, 0);
        for (int i = 0; i < 100; i++)
            Tracked.Send(Plan, group, $"k{i}", 1);
        Assert.True(group.Capture(asBase: false).IsBase);
        Tracked.Send(Plan, group, "k7", 2);
        Tracked.Send(Plan, group, "new", 2);
        Tracked.Send(Plan, group, "k8", 2, value: 0);
        Tracked.Send(Plan, group, "k9", 2, value: 0);
        Tracked.Send(Plan, group, "k9", 3);
        Tracked.Send(Plan, group, "passing", 2);
        Tracked.Send(Plan, group, "passing", 2, value: 0);
        GroupCapture capture = group.Capture(asBase: false);
        Assert.False(capture.IsBase);
        Assert.Equal(["-k8", "k7", "k9", "new"], Keys(capture));
        Assert.Equal(100, capture.Mark.Rows);
    }

    [Fact]
    public void WithoutAChange_NothingIsWritten_AndTimeAndCountersGoOnInTheMark()
    {
        GroupProgram group = Plan.CreateGroup(0, 0);
        Assert.Null(group.Capture(asBase: true).Segment);
        Tracked.Send(Plan, group, "a", 1);
        var chain = new Chain();
        chain.Store(group.Capture(asBase: false));
        Tracked.Advance(Plan, group, T(50), T(20));
        GroupCapture capture = group.Capture(asBase: false);
        Assert.Equal((null, false), (capture.Segment, capture.IsBase));
        chain.Store(capture);
        GroupProgram restored = chain.Restored(Plan);
        Assert.Equal((T(50), T(20), 1L, 1), (restored.Watermark, restored.Clock, restored.EventsIn, restored.Rows));
        Assert.Equal(group.Snapshot(), restored.Snapshot());
        Assert.NotNull(group.Capture(asBase: true).Segment);
    }

    [Fact]
    public void UntilSomethingIsDue_TimePassesWithoutReading()
    {
        Chain chain = Waiting(timerAt: 100);
        GroupProgram group = chain.Restored(Plan);
        Assert.Equal((false, T(100)), (group.IsLoaded, group.NextEventTimer));
        Tracked.Advance(Plan, group, T(60), T(5));
        Tracked.Advance(Plan, group, T(99), T(6));
        Assert.False(group.IsLoaded);
        var output = new Kept();
        group.Flush(output);
        Assert.Empty(output.Batches);
        GroupCapture capture = group.Capture(asBase: false);
        Assert.Null(capture.Segment);
        Assert.Null(group.Capture(asBase: true).Segment);
        chain.Store(capture);
        GroupProgram again = chain.Restored(Plan);
        Assert.Equal((T(99), T(6), false), (again.Watermark, again.Clock, again.IsLoaded));
        Tracked.Advance(Plan, again, T(100), T(6));
        Assert.True(again.IsLoaded);
        again.Flush(output);
        Assert.Equal(1, output.Batches.Single().Count);
    }

    [Fact]
    public void AnEvent_TheClockOfATimer_AndTheEnd_ReadWhatWasRestored()
    {
        GroupProgram byEvent = Waiting(timerAt: 100).Restored(Plan);
        Tracked.Send(Plan, byEvent, "other", 1);
        GroupProgram byClock = Waiting(timerAt: 100).Restored(Plan);
        Tracked.Advance(Plan, byClock, T(4), T(3_000));
        GroupProgram byEnd = Waiting(timerAt: 100).Restored(Plan);
        Tracked.Advance(Plan, byEnd, EventTime.MaxValue, T(4));
        Assert.All([byEvent, byClock, byEnd], group => Assert.True(group.IsLoaded));
    }

    [Fact]
    public void OfAGroupThatIsNotLoaded_SingleKeysAreRead_AtACostThatDoesNotGrow()
    {
        JobPlan plan = Tracked.Plan(isShown: true);
        GroupProgram group = plan.CreateGroup(0, 0);
        for (int i = 0; i < 20_000; i++)
            Tracked.Send(plan, group, $"k{i}", 1, value: 30);
        GroupCapture first = group.Capture(asBase: false);
        Tracked.Send(plan, group, "k5", 2, value: 12);
        Tracked.Send(plan, group, "new", 2, value: 30);
        GroupCapture second = group.Capture(asBase: false);
        var bytes = new CountedBytes(first.Segment!.Value);
        GroupProgram restored = plan.CreateGroup(0, 0);
        restored.Restore(second.Mark, [bytes, new SegmentMemory(second.Segment!.Value)]);
        Assert.InRange(bytes.BytesRead, 0, 1_000);
        foreach (string key in (string[])["k0", "k5", "k7777", "k19999", "new", "none"])
        {
            Assert.InRange(bytes.ReadBy(() => Same(key)), 0, 100_000);
            Assert.False(restored.IsLoaded);
        }

        Assert.True(bytes.Length > 600_000);
        Assert.Equal(
            group.ViewKeys(0, 20_001).Keys, restored.ViewKeys(0, 20_001).Keys);

        void Same(string key)
        {
            Assert.Equivalent(
                group.Inspect(Tracked.KeyBytes(key)), restored.Inspect(Tracked.KeyBytes(key)), strict: true);
            Assert.Equal(
                group.Find(Tracked.KeyBytes(key))?.Value.ToArray(), restored.Find(Tracked.KeyBytes(key))?.Value.ToArray());
        }
    }

    [Fact]
    public void WhatDoesNotFit_IsRefusedWithASentence()
    {
        Chain chain = Waiting(timerAt: 100);
        JobPlan wider = Tracked.Plan(partitions: 2);
        Refused("was stored with 1 channels and has 2 now", () => chain.Restored(wider));
        Refused("view string", () => chain.Restored(Tracked.Plan(isShown: true)));
        Refused("holds 1 keys and has no segment", () => new Chain(chain.Mark!).Restored(Plan));
        Refused("do not begin with a base", () => new Chain(chain.Mark!, chain.Segments[0], chain.Segments[0])
            .Restored(Plan).Load());
        Refused("do not begin with a base", () => SegmentFold.Merge([.. chain.Memories, .. chain.Memories]));
        byte[] shorter = chain.Mark![..^1];
        Assert.Throws<CorruptDataException>(() => GroupMark.Read(new ByteReader(shorter)));
    }

    private static void Refused(string because, Action action) => Assert.Contains(
        because, Assert.Throws<CorruptDataException>(action).Message, StringComparison.Ordinal);

    private static Chain Waiting(long timerAt)
    {
        GroupProgram group = Plan.CreateGroup(0, 0);
        Tracked.Advance(Plan, group, T(3), T(3));
        Tracked.Send(Plan, group, "a", timerAt - 15, value: 15);
        var chain = new Chain();
        chain.Store(group.Capture(asBase: false));
        return chain;
    }

    private static string[] Keys(GroupCapture capture) =>
    [
        .. new SegmentReader(capture.Segment!.Value).Records()
            .Select(record => (record.Birth == 0 ? "-" : "") + new ByteReader(record.Key).ReadString())
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>What was stored of a group, as a checkpoint keeps it.</summary>
    private sealed class Chain
    {
        public Chain()
        {
        }

        public Chain(byte[] mark, params byte[][] segments)
        {
            Mark = mark;
            Segments = [.. segments];
        }

        public List<byte[]> Segments { get; } = [];

        public byte[]? Mark { get; private set; }

        public ISegmentBytes[] Memories => [.. Segments.Select(each => new SegmentMemory(each))];

        public void Store(GroupCapture capture)
        {
            if (capture.IsBase)
                Segments.Clear();
            if (capture.Segment is { } segment)
                Segments.Add(segment.ToArray());
            var mark = new ByteWriter();
            capture.Mark.Write(mark);
            Mark = mark.ToArray();
        }

        public GroupProgram Restored(JobPlan plan)
        {
            GroupProgram group = plan.CreateGroup(0, 0);
            group.Restore(GroupMark.Read(new ByteReader(Mark!)), Memories);
            return group;
        }
    }

    private sealed class Kept : IStageOutput
    {
        public List<OutputBatch> Batches { get; } = [];

        public void Post(Slice slice)
        {
        }

        public void Append(in OutputBatch batch) => Batches.Add(batch);
    }
}
