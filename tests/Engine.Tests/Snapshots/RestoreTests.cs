namespace Weir.Engine.Tests.Snapshots;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Timers;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>A run that was restored in between holds and says the same, to the byte, as one that was not.</summary>
public sealed class RestoreTests
{
    private static readonly View<string, long> Shown = new("shown");
    private static readonly Topic<string> Lines = Topic.Of<string>("lines");

    private static readonly TestJob Everything = new(job =>
    {
        DataStream<Reading> all = From(job);
        all.KeyBy(Input.Key).Window(Windows.Session(Ms(8)).AllowLateness(Ms(12)))
            .Aggregate("sessions", new Average<Reading>(each => each.Value))
            .Select(each => $"session {each.Key} {each.Window.Start.Milliseconds} {each.Value}")
            .To(Lines);
        all.KeyBy(each => each.Value).Window(Windows.Sliding(Ms(20), Ms(10)))
            .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
            .Select(each => $"sliding {each.Key} {each.Window.Start.Milliseconds} {each.Value}")
            .To(Lines);
        all.KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)))
            .Aggregate("counts", new Count<Reading>())
            .PublishAs(Shown)
            .KeyBy(each => each.Value).Process("process", new Mixes())
            .To(Lines);
        all.KeyBy(Input.Key).Process("direct", new Busy()).To(Lines);
    });

    private static readonly Gen<Row> Rows = Gen.OneOf<Row>(
        Gen.Select(Gen.OneOf("a", "b", "c"), Gen.Long[-20, 60], Gen.Long[0, 4], (key, at, value) =>
            (Row)new Reading(key, at, value)),
        Gen.Long[-20, 70].Select(Row.Mark),
        Gen.Long[0, 70].Select(Row.Tick));

    [Fact]
    public void Restored_AndWhole_AreEqualToTheByte() => Gen
        .Select(Gen.Select(Rows, Gen.Bool).Array[1, 40], Gen.Int[1, 3])
        .Sample(
            (steps, partitions) =>
            {
                var whole = new JobHarness(Everything, Runs.Options(crash: false, partitions));
                var parts = new JobHarness(Everything, Runs.Options(crash: false, partitions));
                foreach ((Row row, bool crash) in steps)
                {
                    Tables.Play(whole, row);
                    Tables.Play(parts, row);
                    if (crash)
                        parts.CrashAndRestore();
                }

                Assert.Equal(whole.Read(Lines), parts.Read(Lines));
                Assert.Equal(whole.Snapshot(), parts.Snapshot());
                parts.CrashAndRestore();
                Assert.Equal(whole.Snapshot(), parts.Snapshot());
                whole.Seal();
                parts.Seal();
                Assert.Equal(whole.Read(Lines), parts.Read(Lines));
            },
            iter: 30);

    [Fact]
    public void AnEarlierSnapshot_IsGoneOnWith()
    {
        var run = new JobHarness(Everything);
        run.Send(Input, new Reading("a", 1));
        byte[] snapshot = run.Snapshot();
        run.Send(Input, new Reading("a", 2), new Reading("b", 2));
        Assert.Equal((2, 2), (run.Keys("counts"), run.Find(Shown, "a")!.Value));
        run.Restore(snapshot);
        Assert.Equal((1, 1), (run.Keys("counts"), run.Find(Shown, "a")!.Value));
        run.Send(Input, new Reading("a", 2));
        Assert.Equal(2, run.Find(Shown, "a")!.Value);
    }

    [Fact]
    public void StateOfAnotherShape_IsRefused()
    {
        byte[] counts = Segment(stream => stream.Aggregate("op", new Count<Reading>()));
        Assert.Contains("folded", Refusal(counts, stream => stream.Aggregate("op", new Average<Reading>(_ => 1))));
        Assert.Contains("'other'", Refusal(counts, stream => stream.Aggregate("other", new Count<Reading>())));
        Assert.Contains(
            "view long", Refusal(counts, stream => stream.Aggregate("op", new Count<Reading>()).PublishAs(Shown)));
        Assert.Equal(counts, Group(stream => stream.Aggregate("op", new Count<Reading>()), counts).Snapshot());
    }

    private static byte[] Segment(Action<WindowedStream<string, Reading>> define) => Group(define, null).Snapshot();

    private static string Refusal(byte[] segment, Action<WindowedStream<string, Reading>> define) =>
        Assert.Throws<CorruptDataException>(() => Group(define, segment)).Message;

    private static GroupProgram Group(Action<WindowedStream<string, Reading>> define, byte[]? segment)
    {
        var codecs = new CodecRegistry();
        var job = new TestJob(job => define(From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))));
        var plan = new JobPlan(JobGraph.Build(job, codecs), codecs, new Dictionary<string, int> { [Input.Name] = 1 });
        GroupProgram group = plan.CreateGroup(0, 0);
        if (segment is not null)
            group.Restore(segment);
        return group;
    }

    private sealed class Mixes : KeyedProcess<long, Windowed<string, long>, string>
    {
        private static readonly MapSlot<string, long> Seen = State.Map<string, long>("seen");

        public override void OnEvent(Windowed<string, long> value, IKeyContext<long, string> key)
        {
            key.State(Seen)[value.Key] = value.Window.Start.Milliseconds;
            key.Timers.SetEventTime($"t{value.Window.Start.Milliseconds}", key.Time + Ms(7));
            if (key.State(Seen).Count > 2)
                key.State(Seen).Remove(key.State(Seen).Entries.First().Key);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<long, string> key) =>
            key.Emit($"{timer.Name} {key.Key} {string.Join(',', key.State(Seen).Entries)}");
    }

    private sealed class Busy : KeyedProcess<string, Reading, string>
    {
        private static readonly ListSlot<long> Values = State.List<long>("values");
        private static readonly MapSlot<long, long> Recent = State.Map<long, long>("recent")
            .ExpiresAfter(Ms(20), new TimeToLive { Update = TimeToLiveUpdate.OnReadAndWrite });

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Values).Add(value.Value);
            if (!key.State(Recent).Contains(value.Value))
                key.State(Recent)[value.Value] = value.At;
            key.Timers.Register(value.Value > 2 ? key.Clock : T(value.At + 3));
            key.Timers.SetProcessingTime("clock", key.Clock.Plus(9));
            if (value.Value == 0)
                key.Timers.Cancel("clock");
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            string recent = string.Join(',', key.State(Recent).Entries);
            key.Emit($"{timer.Name} {timer.Time} {key.Key} {string.Join(',', key.State(Values).Items)} {recent}");
            if (key.State(Values).Items.Count > 2)
                key.State(Values).Clear();
        }
    }
}
