namespace Weir.Engine.Tests.Time;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Row;

/// <summary>Generators of the user's own: tables of events and ticks in, windows of 10 ms out.</summary>
public sealed class WatermarkGeneratorTests
{
    private const long Marker = 99;

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void APunctuatedWatermark_ComesWithItsEvent(bool crash) => Assert.Equal(
        [new Result(2, "a", 0, 10, 3), new Result(4, "a", 10, 20, 6 + Marker)],
        Tables.Windows(
            Run(Watermarks.Custom(new AtMarkers()), crash),
            new Reading("a", 1), new Reading("a", 9, 2), new Reading("a", 12, Marker),
            new Reading("a", 15, 6), new Reading("a", 25, Marker)));

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WhateverIsEmitted_TakesEffectAtTheEndOfTheBatch(bool crash)
    {
        JobHarness run = Run(Watermarks.Custom(new AtMarkers()), crash);
        run.Send(Input, new Reading("a", 12, Marker), new Reading("a", 3), new Reading("a", 5));
        Assert.Equal((2, 0), (run.ReadNew(Tables.Results).Single().Value, run.LateEvents("sums")));
        run.Send(Input, new Reading("a", 4));
        Assert.Equal(1, run.LateEvents("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void APeriodicHook_SeesTicks_AndRemembersInCells(bool crash) => Assert.Equal(
        [new Result(4, "a", 0, 10, 1), new Result(7, "a", 10, 20, 5)],
        Tables.Windows(
            Run(Watermarks.Custom(new AfterQuiet(50)), crash),
            Tick(1000), new Reading("a", 9), Tick(1020), Tick(1050), Tick(1051),
            new Reading("a", 19, 5), Tick(1060), Tick(1200)));

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AStatementOfTheProducer_CountsAsAnEvent_OfGeneratorsThatLookAtTimes(bool crash)
    {
        JobHarness run = Run(Watermarks.Custom(new AfterQuiet(50)), crash);
        run.Send(Input, new Reading("a", 1));
        run.Advance(Input, T(9));
        run.AdvanceClock(T(51));
        Assert.Equal(1, Assert.Single(run.ReadNew(Tables.Results)).Value);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AGenerator_CanMarkAPartitionIdle_UntilItsNextEvent(bool crash)
    {
        JobHarness run = Run(Watermarks.Custom(new AtMarkers()), crash, partitions: 2);
        run.SendTo(Plain, 0, new Reading("a", 1), new Reading("a", 12, Marker));
        Assert.Empty(run.ReadNew(Tables.Results));
        run.SendTo(Plain, 1, new Reading("b", 2, AtMarkers.Pause));
        Assert.Equal(["a", "b"], run.ReadNew(Tables.Results).Select(each => each.Key).Order());
        run.SendTo(Plain, 1, new Reading("b", 45, Marker));
        run.SendTo(Plain, 0, new Reading("a", 80, Marker));
        Assert.Equal(["a"], run.ReadNew(Tables.Results).Select(each => each.Key));
        run.SendTo(Plain, 1, new Reading("b", 46, AtMarkers.Pause));
        Assert.Equal(["b"], run.ReadNew(Tables.Results).Select(each => each.Key));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void None_WaitsForTheSeal(bool crash)
    {
        JobHarness run = Run(Watermarks.None(), crash);
        run.Send(Input, new Reading("a", 1), new Reading("a", 1_000_000));
        run.Send(Input, new Reading("a", 2));
        Assert.Empty(run.ReadNew(Tables.Results));
        run.Seal();
        Assert.Equal([2L, 1L], run.ReadNew(Tables.Results).Select(each => each.Value));
    }

    [Fact]
    public void TheEndOfTime_BelongsToTheSeal()
    {
        SourceProgram source = Source(Watermarks.Custom(new ToTheEnd()));
        source.Process(TickAt(0, 5));
        Assert.Equal((EventTime.MaxValue.Minus(1), false), (source.Watermark, source.HasEnded));
        source.Process(TickAt(1, 6) with { Kind = BatchKind.End });
        Assert.True(source.HasEnded);
    }

    [Fact]
    public void ChangedParameters_ReadTheCells_AndAnotherGeneratorBeginsWithoutThem()
    {
        JobHarness first = Run(Watermarks.Custom(new AfterQuiet(50)), crash: false);
        first.Send(Input, new Reading("a", 9));
        byte[] snapshot = first.Snapshot();

        JobHarness patient = Run(Watermarks.Custom(new AfterQuiet(500)), crash: false);
        patient.Restore(snapshot);
        patient.AdvanceClock(T(500));
        Assert.Empty(patient.ReadNew(Tables.Results));
        patient.AdvanceClock(T(501));
        Assert.Single(patient.ReadNew(Tables.Results));

        JobHarness other = Run(Watermarks.Monotonous(), crash: false);
        other.Restore(snapshot);
        other.AdvanceClock(T(501));
        Assert.Empty(other.ReadNew(Tables.Results));
    }

    [Fact]
    public void AFailingHook_NamesTopicPartitionAndOffset()
    {
        SourceProgram source = Source(Watermarks.Custom(new CountsCells(1)));
        source.Process(TickAt(0, 1));
        source = Source(Watermarks.Custom(new CountsCells(0)));
        var fault = Assert.Throws<SourceFailedException>(() => source.Process(TickAt(0, 1)));
        Assert.Equal(("readings", 0, 0L), (fault.Topic, fault.Partition, fault.Offset));
        Assert.Contains("has 0 cells", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheClockIsAskedFor_WhereAGeneratorWorksByIt()
    {
        Assert.True(Source(Watermarks.Custom(new AfterQuiet(50))).WaitsForClock);
        Assert.True(Source(Watermarks.None(idleAfter: Ms(5))).WaitsForClock);
        Assert.False(Source(Watermarks.Custom(new AtMarkers())).WaitsForClock);
    }

    [Fact]
    public void Parameters_AreInTheFingerprint_AndAlignmentIsNot()
    {
        string ofFifty = Graph(Watermarks.Custom(new AfterQuiet(50))).Fingerprint;
        Assert.Equal(ofFifty, Graph(Watermarks.Custom(new AfterQuiet(50))).Fingerprint);
        Assert.NotEqual(ofFifty, Graph(Watermarks.Custom(new AfterQuiet(51))).Fingerprint);
        Assert.NotEqual(ofFifty, Graph(Watermarks.Custom(new AfterQuiet(50), idleAfter: Ms(9))).Fingerprint);
        Assert.Equal(ofFifty, Graph(Watermarks.Custom(new AfterQuiet(50)).AlignedWith("all", Ms(5))).Fingerprint);
    }

    private static readonly Topic<Reading> Plain = Topic.Of<Reading>("plain");

    private static JobHarness Run(WatermarkStrategy watermarks, bool crash, int partitions = 1) => new(
        new TestJob(job => (partitions == 1 ? job.From(Input) : job.From(Plain))
            .WithEventTime(each => T(each.At), watermarks)
            .KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results)),
        Runs.Options(crash, partitions));

    private static JobGraph Graph(WatermarkStrategy watermarks) => JobGraph.Build(
        new TestJob(job => job.From(Input).WithEventTime(each => T(each.At), watermarks).To(Plain)),
        new CodecRegistry());

    private static SourceProgram Source(WatermarkStrategy watermarks) => new JobPlan(
        Graph(watermarks),
        new CodecRegistry(),
        new Dictionary<string, int> { [Input.Name] = 1, [Plain.Name] = 1 }).CreateSource(0, 0);

    private static EventBatch TickAt(long from, long stamp) =>
        new() { From = from, Next = from + 1, Kind = BatchKind.Tick, Stamp = T(stamp), Schema = "" };

    /// <summary>An event with the marker says that nothing at or before its time follows.</summary>
    private sealed class AtMarkers : WatermarkGenerator<Reading>
    {
        public const long Pause = 77;

        public override void OnEvent(Reading value, EventTime time, IWatermarkContext partition)
        {
            if (value.Value == Marker)
                partition.Emit(time);
            if (value.Value == Pause)
                partition.MarkIdle();
        }
    }

    /// <summary>When nothing has come for a while, what has come was all.</summary>
    private sealed class AfterQuiet(long milliseconds) : WatermarkGenerator
    {
        private const int Highest = 0;
        private const int LastSeen = 1;

        public override int Cells => 2;

        public override string Description => $"after-quiet({milliseconds})";

        public override bool UsesClock => true;

        public override void OnEvent(EventTime time, IWatermarkContext partition)
        {
            partition[Highest] = Math.Max(partition[Highest] ?? long.MinValue, time.Milliseconds);
            partition[LastSeen] = null;
        }

        public override void OnBatchEnd(IWatermarkContext partition)
        {
            if (partition[Highest] is not { } highest)
                return;
            partition[LastSeen] ??= partition.Clock.Milliseconds;
            if (partition.Clock.Milliseconds - partition[LastSeen] > milliseconds)
                partition.Emit(T(highest));
        }
    }

    private sealed class ToTheEnd : WatermarkGenerator
    {
        public override void OnBatchEnd(IWatermarkContext partition) => partition.Emit(EventTime.MaxValue);
    }

    private sealed class CountsCells(int count) : WatermarkGenerator
    {
        public override int Cells => count;

        public override void OnBatchEnd(IWatermarkContext partition) => partition[0] = 1;
    }
}
