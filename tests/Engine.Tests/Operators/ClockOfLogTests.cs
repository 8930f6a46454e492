namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Errors;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Tests.Errors;
using Weir.Engine.Timers;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

/// <summary>The clock of a job: an instant is over when a later stamp is seen.</summary>
public sealed class ClockOfLogTests
{
    private static readonly View<string, long> Latest = new("latest");

    private static readonly Gen<Row[]> Rows = RowsTo(40);

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void EventsOfTheLastInstant_AreInTheWindow(bool crash, int partitions)
    {
        JobHarness run = Started(
            Definition(Windows.TumblingProcessingTime(Ms(10)), Triggers.ProcessingTime), crash, partitions);
        Assert.Equal(
            [new Result(6, "a", 0, 10, 7)],
            Tables.Windows(
                run, Row.Tick(3), new Reading("a", 500), Row.Tick(9), new Reading("a", 1, 2), Row.Tick(9),
                new Reading("a", 1, 4), Row.Tick(10)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ABatchThatBringsTheLastInstant_IsInTheWindow_AndTheNextStampEndsIt(bool crash)
    {
        JobHarness run = Started(
            Definition(Windows.TumblingProcessingTime(Ms(10)), Triggers.ProcessingTime), crash, partitions: 1);
        run.Send(Input, new Reading("a", 1));
        run.StampWith(T(9));
        run.Send(Input, new Reading("a", 1, 2));
        run.Send(Input, new Reading("a", 1, 4));
        Assert.Empty(run.Read(Tables.Results));
        run.StampWith(T(10));
        run.Send(Input, new Reading("a", 1, 8));
        Assert.Equal((Range(0, 10), 7L), run.ReadNew(Tables.Results).Select(each => (each.Window, each.Value)).Single());
        run.StampWith(T(20));
        run.Send(Input, new Reading("b", 1, 16));
        Assert.Equal((Range(10, 20), 8L), run.ReadNew(Tables.Results).Select(each => (each.Window, each.Value)).Single());
    }

    // Of whole milliseconds t, those below c are those of which 2 t + 1 is not above 2 c: [2 a, 2 e) ends at 2 e - 1.
    [Theory]
    [InlineData("tumbling", false)]
    [InlineData("tumbling", true)]
    [InlineData("sliding", false)]
    [InlineData("session", false)]
    [InlineData("session", true)]
    public void ItIsThePlainClock_InHalfMilliseconds(string kind, bool crash) => Gen
        .Select(Gen.Int[1, 12], Gen.Int[1, 4], Rows)
        .Sample(
            (size, parts, rows) =>
            {
                JobHarness run = Started(Definition(Of(kind, size, parts, 1), Triggers.ProcessingTime), crash, 1);
                JobHarness halves = Job(Of(kind, size, parts, 2), Triggers.ProcessingTime, crash, 1);
                Row[] table = [.. rows, Row.Tick(100)];
                Row[] twice = [.. table.Select(row => row.Clock is { } clock ? Row.Tick(2 * clock) : row)];
                Assert.Equal(
                    Tables.Windows(halves, twice),
                    Tables.Windows(run, table).Select(each => each with { Start = 2 * each.Start, End = 2 * each.End }));
                Assert.Equal(0, run.Keys("sums"));
            },
            iter: crash ? 40 : 120);

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ATimer_FiresWhenItsInstantIsOver_AlsoOneSetInThatInstant(bool crash)
    {
        JobHarness run = Started(
            new TestJob(job => From(job).KeyBy(Input.Key).Process("timers", new AtItsValue()).To(Tables.Texts)), crash, 1);
        Assert.Equal(
            [
                "1: a 0 with 1 at 4", "3: a 5 with 1 at 6", "7: a 4 with 3 at 7", "7: a 6 with 3 at 7",
            ],
            Tables.Lines(
                run, new Reading("a", 0, 5), Row.Tick(4), Row.Tick(5), Row.Tick(6), new Reading("a", 0, 6),
                new Reading("a", 0, 4), Row.Tick(6), Row.Tick(7)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void AView_IsFinalWhenTheLastInstantIsOver(bool crash, bool purges)
    {
        Trigger trigger = purges ? Triggers.Purging(Triggers.Count(1)) : Triggers.ProcessingTime;
        JobHarness run = Started(
            new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.TumblingProcessingTime(Ms(10))).Trigger(trigger)
                .Aggregate("sums", new Sum<Reading, long>(each => each.Value)).PublishAs(Latest).To(Tables.Results)),
            crash,
            partitions: 1);
        run.Send(Input, new Reading("a", 1, 3));
        run.AdvanceClock(T(9));
        Assert.Equal((3L, false), (run.Find(Latest, "a")!.Value, run.Find(Latest, "a")!.IsFinal));
        run.AdvanceClock(T(10));
        Assert.Equal((3L, true), (run.Find(Latest, "a")!.Value, run.Find(Latest, "a")!.IsFinal));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AReleasedKey_SeesItsTimersWhereTheyWouldHaveFired(bool crash) => RowsTo(9).Sample(
        rows =>
        {
            var cause = new Cause();
            JobHarness run = Started(Failing(cause), crash, 1);
            JobHarness clean = Started(Failing(new Cause { IsThere = false }), crash, 1);
            foreach (Row row in (Row[])[.. rows[..(rows.Length / 2)], new Reading("key1", 0, -7), .. rows])
            {
                Tables.Play(run, in row);
                Tables.Play(clean, in row);
            }

            cause.IsThere = false;
            run.Release("timers", "key1");
            run.AdvanceClock(T(100));
            clean.AdvanceClock(T(100));
            Assert.Equal(OfOne(clean), OfOne(run));
        },
        iter: crash ? 40 : 120);

    private static Gen<Row[]> RowsTo(int clock) => Gen
        .OneOf(
            Gen.Select(Gen.Int[0, 2], Gen.Int[1, 9]).Select((key, value) => (Row)new Reading($"key{key}", 0, value)),
            Gen.Int[1, clock].Select(at => Row.Tick(at)))
        .Array[1, 25];

    // Without the clock: steps between two held events are taken as one.
    private static string[] OfOne(JobHarness run) =>
    [
        .. run.Read(Tables.Texts)
            .Where(line => line.StartsWith("key1", StringComparison.Ordinal))
            .Select(line => line[..line.IndexOf(" at ", StringComparison.Ordinal)]),
    ];

    private static TestJob Failing(Cause cause) => new(job => From(job).KeyBy(Input.Key)
        .Process("timers", new AtItsValue(cause)).OnError(Errors.QuarantineKey).To(Tables.Texts));

    private static WindowSpec Of(string kind, int size, int parts, int scale) => kind switch
    {
        "tumbling" => Windows.TumblingProcessingTime(Ms(size * scale)),
        "sliding" => Windows.SlidingProcessingTime(Ms(size * parts * scale), Ms(size * scale)),
        _ => Windows.SessionProcessingTime(Ms(size * scale)),
    };

    private static JobHarness Started(TestJob job, bool crash, int partitions)
    {
        var run = new JobHarness(job, Runs.Options(crash, partitions) with { ClockOfLog = true });
        run.AdvanceClock(T(0));
        return run;
    }

    /// <summary>Sets a timer of the clock for the value, and tells how many events it has seen when it fires.</summary>
    private sealed class AtItsValue(Cause? cause = null) : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Seen = State.Value<long>("seen");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            cause?.Check(value.Value);
            key.State(Seen).Value++;
            key.Timers.Register(T(Math.Abs(value.Value)), TimeDomain.Processing);
            key.Timers.Register(key.Clock, TimeDomain.Processing);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            key.Emit($"{key.Key} {timer.Time.Milliseconds} with {key.State(Seen).Value} at {key.Clock.Milliseconds}");
    }
}
