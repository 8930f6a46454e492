namespace Weir.Engine.Tests.Snapshots;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Segments whose checksums are right and whose contents no program can have: they would go on wrongly, so they are
/// refused.
/// </summary>
public sealed class DamagedStateTests
{
    private static readonly JobPlan Timers = Plan(stream => stream.Process("op", new Reminders()));
    private static readonly JobPlan Kept = Plan(
        stream => stream.Window(Windows.Tumbling(Ms(10))).Process("op", new Sizes()));

    private static readonly JobPlan Evicted = Plan(stream => stream.Window(Windows.Tumbling(Ms(10)))
        .Evict(Evictors.Count<Reading>(1)).Process("op", new Sizes()));

    private static readonly JobPlan Held = Plan(
        stream => stream.Process("op", new Reminders()).OnError(Errors.QuarantineKey));

    // A name's number follows from the name.
    private static readonly long Due = (int)(StableHash.Of("due".AsSpan()) & int.MaxValue) | 1;

    [Fact]
    public void WhatIsRight_IsAccepted()
    {
        Assert.Equal(2, Restored(Timers, Header(["due"]), Record("a", 1, [(5, Due, 0), (5, 0, 1)]), Record("b", 2, [])).Rows);
        Assert.Equal(1, Restored(Kept, Header(null), WindowRecord(1, (9, 0, 0))).Rows);
        Assert.Equal(1, Restored(Evicted, Header(null), WindowRecord(1, (9, 0, 0), withTime: true)).Rows);
    }

    [Theory]
    [InlineData(0, 9, 9)]
    [InlineData(-1, 9, 9)]
    [InlineData(long.MaxValue, 9, 9)]
    [InlineData(9, -1, 9)]
    [InlineData(9, 9, long.MaxValue)]
    public void NumbersThatCanNotGoOn_AreRefused(long birth, long eventTimer, long clockTimer) =>
        Refused(Timers, "", Header([], (birth, eventTimer, clockTimer)));

    [Theory]
    [InlineData(0, 0, 0, 0, 1)]
    [InlineData(0, 0, 0, null, 1)]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(-5, -5, 0, null, 1)]
    public void AQuarantineThatCanBe_IsAccepted(long failedAt, long heldAt, int channel, int? timer, int events)
    {
        GroupProgram program = Restored(Held, Header([]), HeldRecord("a", 1, (failedAt, heldAt, channel, timer, events)));
        Assert.Equal(1, program.Quarantined);
        program.Apply(Discard("a"));
        Assert.Equal(0, program.Quarantined);
    }

    [Theory]
    [InlineData(0, 0, 0, null, 0)]
    [InlineData(1, 1, 0, null, 1)]
    [InlineData(0, 1, 0, null, 1)]
    [InlineData(0, -1, 0, null, 1)]
    [InlineData(0, 0, 1, null, 1)]
    [InlineData(0, 0, -1, null, 1)]
    [InlineData(0, 0, 0, 1, 1)]
    public void AQuarantineThatCanNotBe_IsRefused(long failedAt, long heldAt, int channel, int? timer, int events) =>
        Refused(Held, "quarantine", Header([]), HeldRecord("a", 1, (failedAt, heldAt, channel, timer, events)));

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void ACommandFromNowhere_IsRefused(long offset)
    {
        GroupProgram program = Restored(Held, Header([]), HeldRecord("a", 1, (0, 0, 0, null, 1)));
        Assert.Throws<CorruptDataException>(() => program.Apply(Discard("a", offset)));
        Slice<QuarantineCommand> none = Discard("b");
        none.Add(null!, EventTime.None, 1);
        Assert.Throws<CorruptDataException>(() => Restored(Held, Header([])).Apply(none));
        Assert.Equal((1, 0), (program.Quarantined, program.CommandsTo));
        program.Apply(Discard("a", 4));
        Assert.Equal((0, 5), (program.Quarantined, program.CommandsTo));
    }

    [Fact]
    public void OfTimersWithOneNumber_OnlyThatOfTheDiscardedKeyGoes()
    {
        GroupProgram program = Restored(
            Held, Header([]), Record("a", 1, [(5, 0, 0)]), HeldRecord("b", 2, (0, 0, 0, 0, 0)), Record("c", 3, [(5, 0, 0)]));
        program.Apply(Discard("b"));
        int[] left = [.. ((string[])["a", "b", "c"]).Select(key => program.Inspect(KeyBytes(key))?.Timers.Count ?? 0)];
        Assert.Equal([1, 0, 1], left);
    }

    [Fact]
    public void AHeaderThatGoesOn_IsRefused()
    {
        Refused(Timers, "header", Header([]) with { Behind = [0] });
        Refused(Timers, "header", Header([]) with { BehindSchema = [0] });
        Refused(Timers, "header", Header([]) with { BehindShared = [0] });
        Refused(Timers, "time of a group", Header([]) with { BehindTime = [0] });
    }

    [Fact]
    public void NumbersOfKeysThatCanNotBe_AreRefused()
    {
        Refused(Timers, "impossible number", Header([]), Record("a", 1, []), Record("b", 1, []));
        Refused(Timers, "impossible number", Header([]), Record("a", 9, []));
    }

    [Fact]
    public void TimersThatCanNotBe_AreRefused()
    {
        Refused(Timers, "twice", Header([]), Record("a", 1, [(5, 0, 1), (5, 0, 2)]));
        Refused(Timers, "not in order", Header([]), Record("a", 1, [(5, 0, 1), (4, 0, 2)]));
        Refused(Timers, "impossible number", Header([]), Record("a", 1, [(5, 0, 9)]));
        Refused(Timers, "impossible number", Header([]), Record("a", 1, [(5, 0, -1)]));
        Refused(Timers, "unknown name", Header([]), Record("a", 1, [(5, 1, 1)]));
        Refused(Timers, "unknown name", Header(["due"]), Record("a", 1, [(5, (1L << 32) + 1, 1)]));
        Refused(Timers, "two timers of the name 'due'", Header(["due"]), Record("a", 1, [(5, Due, 1), (6, Due, 2)]));
        Refused(Timers, "same as another", Header(["due", "due"]));
        Refused(Timers, "no name", Header([""]));
        Refused(Kept, "unknown name", Header(null), WindowRecord(1, (9, 1, 0)));
    }

    [Fact]
    public void AWindowOfNoEvents_IsRefused()
    {
        Refused(Kept, "holds none", Header(null), WindowRecord(0, (9, 0, 0)));
        Refused(Evicted, "holds none", Header(null), WindowRecord(0, (9, 0, 0), withTime: true));
    }

    [Fact]
    public void ASourceBelowTheFirstOffset_IsRefused()
    {
        SourceProgram source = Timers.CreateSource(0, 0);
        var writer = new ByteWriter();
        source.Write(writer);
        byte[] state = writer.ToArray();
        Timers.CreateSource(0, 0).Read(new ByteReader(state));
        state[0] = 1;
        Assert.Throws<CorruptDataException>(() => source.Read(new ByteReader(state)));
    }

    [Fact]
    public void AKeyWithBytesBehindIt_IsNoKey()
    {
        byte[] key = [2, (byte)'a'];
        Assert.InRange(Timers.GroupOfKey(0, key), 0, 63);
        Assert.Throws<CorruptDataException>(() => Timers.GroupOfKey(0, (byte[])[.. key, 0]));
    }

    private static void Refused(
        JobPlan plan, string why, Head header, params Action<ByteWriter>[] records)
    {
        var refusal = Assert.Throws<CorruptDataException>(() => Restored(plan, header, records));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    private static GroupProgram Restored(JobPlan plan, Head header, params Action<ByteWriter>[] records)
    {
        var segment = new SegmentWriter();
        header.Of(plan).Write(segment.Writer);
        segment.Writer.WriteBytes(header.Behind);
        segment.EndHeader();
        foreach (Action<ByteWriter> record in records)
        {
            record(segment.Writer);
            segment.EndRecord(hash: 0);
        }

        GroupProgram group = plan.CreateGroup(0, 0);
        group.Restore(segment.Finish());
        return group;
    }

    private static Head Header(string[]? names) => Header(names, (9, 9, 9));

    private static Head Header(string[]? names, (long Birth, long EventTimer, long ClockTimer) next) =>
        new(names ?? [], next);

    private static void WriteKey(ByteWriter writer, string key, long birth)
    {
        writer.WriteBlob(KeyBytes(key).Span);
        writer.WriteVarint((ulong)birth);
    }

    private static Action<ByteWriter> Record(string key, long birth, (long Time, long Tag, long Sequence)[] timers) =>
        writer =>
        {
            WriteKey(writer, key, birth);
            writer.WriteBool(false);
            writer.WriteBool(true);
            int start = writer.BeginFrame();
            writer.WriteSigned(7);
            writer.EndFrame(start);
            WriteTimers(writer, timers);
            WriteTimers(writer, []);
        };

    // What failed at a time, by a timer or with the first event, and events that came at another time.
    private static Action<ByteWriter> HeldRecord(
        string key, long birth, (long FailedAt, long At, int Channel, int? Timer, int Events) held) => writer =>
    {
        WriteKey(writer, key, birth);
        writer.WriteBool(true);
        writer.WriteString("it failed");
        writer.WriteSigned(held.FailedAt);
        writer.WriteSigned(0);
        writer.WriteBool(held.Timer is not null);
        if (held.Timer is { } timer)
        {
            writer.WriteBool(false);
            writer.WriteSigned(timer);
        }

        writer.WriteVarint((ulong)held.Events);
        for (int i = 0; i < held.Events; i++)
        {
            Timers.Codecs.For<Reading>().Write(writer, new Reading(key, i));
            foreach (long number in (long[])[i, held.At, 0, held.Channel, 7])
                writer.WriteSigned(number);
        }

        writer.WriteBool(false);
        WriteTimers(writer, [(6, 0, 0)]);
        WriteTimers(writer, []);
    };

    private static ReadOnlyMemory<byte> KeyBytes(string key)
    {
        var writer = new ByteWriter();
        writer.WriteString(key);
        return writer.ToArray();
    }

    private static Slice<QuarantineCommand> Discard(string key, long offset = 0)
    {
        Edge edge = Held.Graph.Edges.Single(each => each is CommandEdge);
        var slice = (Slice<QuarantineCommand>)edge.NewSlice(new SliceTarget(0, 0, 1, edge.Id), Held.Codecs);
        slice.Add(new QuarantineCommand("op", KeyBytes(key).ToArray(), IsRelease: false), EventTime.None, offset);
        return slice;
    }

    private static Action<ByteWriter> WindowRecord(
        int events, (long Time, long Tag, long Sequence) timer, bool withTime = false) => writer =>
    {
        WriteKey(writer, "a", 1);
        writer.WriteBool(false);
        writer.WriteVarint(1);
        writer.WriteSigned(0);
        writer.WriteSigned(10);
        writer.WriteBool(true);
        writer.WriteVarint((ulong)events);
        for (int i = 0; i < events; i++)
        {
            Timers.Codecs.For<Reading>().Write(writer, new Reading("a", i));
            if (withTime)
                writer.WriteSigned(i);
        }

        WriteTimers(writer, [timer]);
        WriteTimers(writer, []);
    };

    private static void WriteTimers(ByteWriter writer, (long Time, long Tag, long Sequence)[] timers)
    {
        writer.WriteVarint((ulong)timers.Length);
        foreach ((long time, long tag, long sequence) in timers)
        {
            writer.WriteSigned(time);
            writer.WriteSigned(tag);
            writer.WriteSigned(sequence);
        }
    }

    private static JobPlan Plan(Action<KeyedStream<string, Reading>> define)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(job => define(From(job).KeyBy(Input.Key))), codecs);
        return new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1 });
    }

    /// <summary>The header of an empty group, with other names of timers and other numbers that come next.</summary>
    private sealed record Head(string[] Names, (long Birth, long EventTimer, long ClockTimer) Next)
    {
        public byte[] Behind { get; init; } = [];

        public byte[] BehindTime { get; init; } = [];

        public byte[] BehindSchema { get; init; } = [];

        public byte[] BehindShared { get; init; } = [];

        public SegmentHeader Of(JobPlan plan)
        {
            var own = SegmentHeader.Read(new SegmentReader(plan.CreateGroup(0, 0).Snapshot()));

            // Watermark and clock of the only channel are 0; no events, three counters, and what comes next.
            var time = new ByteWriter();
            var merge = new WatermarkMerge(1);
            merge.Advance(0, T(0));
            merge.Write(time);
            merge.Write(time);
            foreach (byte none in (byte[])[0, 0, 0])
                time.WriteByte(none);
            foreach (long number in (long[])[0, 0, 0, Next.EventTimer, Next.ClockTimer, Next.Birth])
                time.WriteSigned(number);
            time.WriteBytes(BehindTime);
            return new SegmentHeader(
                time.ToArray(),
                (byte[])[.. own.Schema.Span, .. BehindSchema],
                Names,
                (byte[])[.. own.Shared.Span, .. BehindShared]);
        }
    }

    private sealed class Reminders : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Last = State.Value<long>("last");

        public override void OnEvent(Reading value, IKeyContext<string, string> key) => key.State(Last).Value = value.At;
    }

    private sealed class Sizes : WindowProcess<string, Reading, long>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, long> window) =>
            window.Emit(events.Count);
    }
}
