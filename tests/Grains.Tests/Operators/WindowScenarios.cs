namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Aggregates;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

public sealed class TumblingWindows : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => (each.Key, Start: each.At / 10_000 * 10_000))
        .Select(window => $"{window.Key.Key} [{window.Key.Start},{window.Key.Start + 10_000}) {window.Count()}");

    public override void Define(JobBuilder job) => Write(
        Keyed(job).Window(Windows.Tumbling(Seconds(10))).Aggregate("count", new Count<Reading>()));
}

public sealed class SlidingWindows : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings
        .SelectMany(each => Enumerable.Range(0, 3).Select(i => (each, Start: (each.At / 4000 - i) * 4000)))
        .Where(each => each.Start + 10_000 > each.each.At)
        .GroupBy(each => (each.each.Key, each.Start), each => each.each.Value)
        .Select(window => $"{window.Key.Key} [{window.Key.Start},{window.Key.Start + 10_000}) {window.Sum()}");

    public override void Define(JobBuilder job) => Write(Keyed(job)
        .Window(Windows.Sliding(Seconds(10), Seconds(4)))
        .Aggregate("sum", new Sum<Reading, long>(static each => each.Value)));
}

public sealed class SessionWindows : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings.GroupBy(each => each.Key).SelectMany(key =>
    {
        var sessions = new List<(long From, long Until, int Count)>();
        foreach (long at in key.Select(each => each.At).Order())
        {
            if (sessions.Count > 0 && at <= sessions[^1].Until)
                sessions[^1] = (sessions[^1].From, at + 5000, sessions[^1].Count + 1);
            else
                sessions.Add((at, at + 5000, 1));
        }

        return sessions.Select(each => $"{key.Key} [{each.From},{each.Until}) {each.Count}");
    });

    public override void Define(JobBuilder job) => Write(
        Keyed(job).Window(Windows.Session(Seconds(5))).Aggregate("count", new Count<Reading>()));
}

public sealed class SessionsWithGapsByEvent : OperatorScenario
{
    public override void Define(JobBuilder job) => Write(Keyed(job)
        .Window(Windows.Session<Reading>(static each => TimeSpan.FromMilliseconds(500 + each.Value * 200)))
        .Aggregate("count", new Count<Reading>()));
}

public sealed class CountWindows : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings.GroupBy(each => each.Key).SelectMany(key => key
        .Select(each => each.Value)
        .Chunk(4)
        .Where(window => window.Length == 4)
        .Select(window => $"{key.Key} {string.Join(',', window)}"));

    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Count(4))
        .Process("values", new ListValues())
        .To(Output);
}

public sealed class SlidingCountWindows : OperatorScenario
{
    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Count(5, 2))
        .Process("values", new ListValues())
        .To(Output);
}

/// <summary>By the second in which readings arrive: rounds are a second apart.</summary>
public sealed class ProcessingTimeWindows : OperatorScenario
{
    public override bool UsesClock => true;

    public override IReadOnlyList<Round> Rounds =>
        [.. Readings.Rounds(Input, Readings.Take(240))[..4], Round.Quiet, Round.Quiet];

    public override IEnumerable<string> Oracle => Rounds
        .SelectMany((round, i) => round.Sends.SelectMany(send => send.Events).Select(each => (each.Key, Start: i / 2 * 2)))
        .GroupBy(each => each)
        .Select(window => $"{window.Key.Key} [{At(window.Key.Start)},{At(window.Key.Start + 2)}) {window.Count()}");

    public override void Define(JobBuilder job) => Write(job
        .From(Input)
        .KeyBy(Input.Key)
        .Window(Windows.TumblingProcessingTime(Seconds(2)))
        .Aggregate("count", new Count<Reading>()));

    private static long At(int round) => 1_000_000_000 + round * 1000;
}

public sealed class ReducedWindows : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => (each.Key, Start: each.At / 5000 * 5000))
        .Select(window => $"{window.Key.Key} {window.Key.Start} {window.Max(each => each.Value)}");

    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Tumbling(Seconds(5)))
        .Reduce("highest", static (left, right) => right.Value > left.Value ? right : left)
        .Select(static each => $"{each.Key} {each.Window.Start.Milliseconds} {each.Value.Value}")
        .To(Output);
}

public sealed class FoldedWindows : OperatorScenario
{
    public override void Define(JobBuilder job) => Write(Keyed(job)
        .Window(Windows.Tumbling(Seconds(5), offset: Seconds(1)))
        .Aggregate("fold", "", static (text, each) => $"{text}/{each.Value}"));
}

public sealed class ProcessedWindows : OperatorScenario
{
    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Tumbling(Seconds(10)))
        .Process("values", new ListValues())
        .To(Output);
}

/// <summary>An aggregate, and a function that sees its result with the window.</summary>
public sealed class ConcludedWindows : OperatorScenario
{
    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Tumbling(Seconds(10)))
        .Aggregate("average", new Average<Reading>(static each => each.Value), new Conclude())
        .To(Output);

    private sealed class Conclude : WindowProcess<string, double, string>
    {
        private static readonly ValueSlot<double> Before = State.Value<double>("before");

        public override void Process(IReadOnlyList<double> events, IWindowContext<string, string> window)
        {
            window.Emit(FormattableString.Invariant(
                $"{window.Key} {window.Window.End.Milliseconds} {events[0]:F3}, {window.KeyState(Before).Value:F3} before"));
            window.KeyState(Before).Value = events[0];
        }
    }
}

public sealed class LateReadings : OperatorScenario
{
    public override IReadOnlyList<Round> Rounds => Readings.Rounds(Input, Readings.TakeWithLate(360));

    public override bool HasExtra => true;

    public override bool KeepsBatches => true;

    public override void Define(JobBuilder job)
    {
        AggregatedStream<string, Reading, long> counts = Keyed(job)
            .Window(Windows.Tumbling(Seconds(5)).AllowLateness(Seconds(4)))
            .Aggregate("count", new Count<Reading>());
        Write(counts);
        counts.Late.Select(Line).To(Extra);
    }
}

/// <summary>State per window and per key over late firings, and what is said when a window goes away.</summary>
public sealed class StateOfWindows : OperatorScenario
{
    private static readonly SideOutput<string> Cleared = new("cleared");

    public override IReadOnlyList<Round> Rounds => Readings.Rounds(Input, Readings.TakeWithLate(360));

    public override bool HasExtra => true;

    public override bool KeepsBatches => true;

    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Tumbling(Seconds(5)).AllowLateness(Seconds(4)))
        .Process("firings", new CountFirings())
        .SideTo(Cleared, Extra)
        .To(Output);

    private sealed class CountFirings : WindowProcess<string, Reading, string>
    {
        private static readonly ValueSlot<int> Firings = State.Value<int>("firings");
        private static readonly ListSlot<long> Starts = State.List<long>("starts");

        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window)
        {
            int ofWindow = ++window.WindowState(Firings).Value;
            int ofKey = ++window.KeyState(Firings).Value;
            window.KeyState(Starts).Add(window.Window.Start.Milliseconds);
            window.Emit(
                $"{window.Key} {window.Window.Start.Milliseconds}: {events.Count} events, firing {ofWindow} of the window, "
                + $"{ofKey} of the key, {window.KeyState(Starts).Items.Distinct().Count()} windows");
        }

        public override void Clear(IWindowContext<string, string> window) => window.Emit(
            Cleared,
            $"{window.Key} {window.Window.Start.Milliseconds} after {window.WindowState(Firings).Value} firings");
    }
}

/// <summary>The values of a window's events, in order of arrival.</summary>
internal sealed class ListValues : WindowProcess<string, Reading, string>
{
    public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window) =>
        window.Emit($"{window.Key} {string.Join(',', events.Select(each => each.Value))}");
}
