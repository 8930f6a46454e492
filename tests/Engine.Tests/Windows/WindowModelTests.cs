namespace Weir.Engine.Tests.Windows;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>All windows with all triggers and evictors, against a model that has no thought for speed.</summary>
public sealed class WindowModelTests
{
    private static readonly Gen<WindowSetting> Settings =
        from kind in Gen.Enum<WindowKind>()
        from size in Gen.Int[1, 12]
        from slide in Gen.Int[1, 8]
        from byClock in Gen.Bool
        from trigger in Gen.Enum<TriggerKind>()
        from interval in Gen.Int[1, 6]
        from purging in Gen.Bool
        from evictor in Gen.OneOf(Gen.Const(EvictorKind.None), Gen.Enum<EvictorKind>())
        from limit in Gen.Int[1, 6]
        from evictAfter in Gen.Bool
        from lateness in Gen.OneOf(Gen.Const(0), Gen.Int[1, 15])
        select new WindowSetting(kind, size, slide, byClock)
        {
            Trigger = trigger,
            Interval = interval,
            Purging = purging,
            Evictor = evictor,
            Limit = limit,
            EvictAfter = evictAfter,
            Lateness = lateness,
        };

    private static readonly Gen<Row> Events =
        from isFirst in Gen.Bool
        from at in Gen.Int[-12, 40]
        from value in Gen.Int[0, 9]
        select (Row)new Reading(isFirst ? "a" : "b", at, value);

    private static readonly Gen<Row[]> Rows = Gen.OneOf(
            Events,
            Events,
            Gen.Int[-10, 60].Select(watermark => Row.Mark(watermark)),
            Gen.Int[1, 60].Select(clock => Row.Tick(clock)))
        .Array[1, 30];

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheOperator_DoesWhatTheModelDoes(bool crash) => Gen.Select(Settings, Rows, Gen.Int[0, 2]).Sample(
        (setting, rows, function) =>
        {
            var model = new WindowModel(setting);
            JobHarness run = Job(setting, (Function)function, crash);
            foreach (Row row in (Row[])[.. rows, Row.Mark(200), Row.Tick(200)])
            {
                string[] expected = [.. model.Play(in row).Select(line => Shown(line, (Function)function))];
                Tables.Play(run, in row);
                Assert.Equal(expected.Order(StringComparer.Ordinal), run.ReadNew(Tables.Texts).Order(StringComparer.Ordinal));
            }

            Assert.Equal(model.Late, run.LateEvents("windows"));
            if (setting.Kind != WindowKind.Global)
                Assert.Equal((0, 0), (model.OpenKeys, run.Keys("windows")));
        },
        iter: crash ? 150 : 500);

    private enum Function
    {
        Process,
        Aggregate,
        AggregateAndProcess,
    }

    // The model shows values; an aggregate is their sum.
    private static string Shown(string line, Function function)
    {
        if (function == Function.Process)
            return line;
        int at = line.LastIndexOf(' ') + 1;
        long sum = line[at..].Split(',', StringSplitOptions.RemoveEmptyEntries).Sum(long.Parse);
        return $"{line[..at]}{sum}";
    }

    private static JobHarness Job(WindowSetting setting, Function function, bool crash)
    {
        var run = new JobHarness(
            new TestJob(job =>
            {
                job.KeyGroups(2);
                WindowedStream<string, Reading> windows = Reading.From(job).KeyBy(Reading.Input.Key)
                    .Window(setting.ToSpec())
                    .Trigger(setting.ToTrigger());
                if (setting.ToEvictor() is { } evictor)
                    windows = windows.Evict(evictor);
                var sum = new Sum<Reading, long>(each => each.Value);
                DataStream<string> lines = function switch
                {
                    Function.Process => windows.Process("windows", new Values()),
                    Function.AggregateAndProcess => windows.Aggregate("windows", sum, new Whole()),
                    _ => windows.Aggregate("windows", sum).Select(each => $"{Line(each.Key, each.Window)} {each.Value}"),
                };
                lines.To(Tables.Texts);
            }),
            Runs.Options(crash));
        run.AdvanceClock(new EventTime(0));
        return run;
    }

    private static string Line(string key, TimeRange window) =>
        $"{key} [{window.Start.Milliseconds},{window.End.Milliseconds})";

    private sealed class Values : WindowProcess<string, Reading, string>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window) =>
            window.Emit($"{Line(window.Key, window.Window)} {string.Join(',', events.Select(each => each.Value).Order())}");
    }

    private sealed class Whole : WindowProcess<string, long, string>
    {
        public override void Process(IReadOnlyList<long> events, IWindowContext<string, string> window) =>
            window.Emit($"{Line(window.Key, window.Window)} {events.Single()}");
    }
}
