namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <summary>
/// Triggers alone, without an operator. Events have no timestamp; the timers due at a watermark fire in one round.
/// How many cells are set is of Flink's insides and not compared.
/// </summary>
internal sealed class TriggerArea : Area
{
    public override void Run(JsonElement each) =>
        new TriggerRun(Specs.Trigger(each.GetProperty("config"))).Play([.. each.List("steps")]);

    private sealed class TriggerRun(Trigger trigger)
    {
        private readonly Dictionary<TimeRange, Pane> _panes = [];
        private readonly Now _now = new();

        public void Play(JsonElement[] steps)
        {
            for (int i = 0; i < steps.Length; i++)
                Play(steps[i], $"step {i}");
        }

        private void Play(JsonElement step, string where)
        {
            switch (step.Text("op"))
            {
                case "element":
                    EventTime time = new(step.Long("ts", EventTime.None.Milliseconds));
                    Check(where, step, trigger.OnEvent(time, PaneOf(step.AtAny("window"))));
                    break;
                case "onEventTime":
                    Pane pane = PaneOf(step.AtAny("window"));
                    Check(where, step, trigger.OnEventTime(new EventTime(step.Long("value")), pane));
                    break;
                case "onProcessingTime":
                    Check(where, step, trigger.OnProcessingTime(
                        new EventTime(step.Long("value")), PaneOf(step.AtAny("window"))));
                    break;
                case "watermark":
                    _now.Watermark = new EventTime(step.Long("value"));
                    Fire(where, step, TimeDomain.Event);
                    break;
                case "processingTime":
                    _now.Clock = new EventTime(step.Long("value"));
                    Fire(where, step, TimeDomain.Processing);
                    break;
                case "merge":
                    Merge(PaneOf(step.At("into")), [.. step.List("from").Select(each => PaneOf(each))]);
                    break;
                case "clear":
                    Clear(PaneOf(step.AtAny("window")));
                    break;
                case "assert":
                    Assert(where, step);
                    break;
                default:
                    throw NotYet($"the step {step}");
            }
        }

        private static void Check(string where, JsonElement step, TriggerResult result)
        {
            if (step.At("result") is { } expected)
                Expect(where, expected.GetString()!.Replace("_AND_", "AND"), $"{result}".ToUpperInvariant());
        }

        private void Fire(string where, JsonElement step, TimeDomain domain)
        {
            var results = new List<(TimeRange Window, TriggerResult Result)>();
            EventTime now = domain == TimeDomain.Event ? _now.Watermark : _now.Clock;
            foreach ((Pane pane, EventTime time) in Due(domain, now))
            {
                pane.Timers.Remove((domain, time));
                results.Add((pane.Window, domain == TimeDomain.Event
                    ? trigger.OnEventTime(time, pane)
                    : trigger.OnProcessingTime(time, pane)));
            }

            string expected = step.Text("result") is { Length: > 0 } text ? text.Replace("_AND_", "AND") : "FIRE";
            foreach (TimeRange window in WindowsOf(step.AtAny("mustFire") ?? step.AtAny("window")))
            {
                string[] actual =
                [
                    .. results.Where(each => each.Window == window).Select(each => $"{each.Result}".ToUpperInvariant()),
                ];
                if (!actual.Contains(expected))
                    throw new MismatchException($"{where}, {window.Show()}", expected, $"[{string.Join(", ", actual)}]");
            }
        }

        // One window or a list of them.
        private static TimeRange[] WindowsOf(JsonElement? named) => named switch
        {
            { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() > 0 =>
                list[0].ValueKind == JsonValueKind.Number
                    ? [list.Range()]
                    : [.. list.EnumerateArray().Select(Json.Range)],
            { ValueKind: JsonValueKind.String } => [TimeRange.All],
            _ => [],
        };

        private (Pane Pane, EventTime Time)[] Due(TimeDomain domain, EventTime now) =>
        [
            .. from pane in _panes.Values
               from timer in pane.Timers
               where timer.Domain == domain && timer.Time <= now
               orderby timer.Time
               select (pane, timer.Time),
        ];

        private void Merge(Pane into, Pane[] from)
        {
            for (int cell = 0; cell < trigger.Cells; cell++)
            {
                long[] values = [.. from.Select(pane => pane[cell]).OfType<long>()];
                if (values.Length > 0)
                    into[cell] = values.Aggregate((left, right) => trigger.Combine(cell, left, right));
            }

            trigger.OnMerge(into);
            foreach (Pane pane in from.Where(pane => pane != into))
                Clear(pane);
        }

        private void Clear(Pane pane)
        {
            trigger.Clear(pane);
            pane.Cells.Clear();
        }

        private void Assert(string where, JsonElement step)
        {
            string what = step.Text("what");
            if (what == "stateEntries")
                return;
            TimeDomain domain = what == "eventTimers" ? TimeDomain.Event : TimeDomain.Processing;
            IEnumerable<Pane> panes = step.AtAny("window") is { } window ? [PaneOf(window)] : _panes.Values;
            Expect($"{where}, {what}", step.Long("count"), panes.Sum(
                pane => (long)pane.Timers.Count(timer => timer.Domain == domain)));
        }

        // The global window has no bounds to name.
        private Pane PaneOf(JsonElement? window)
        {
            TimeRange range = WindowsOf(window) is [var only] ? only : TimeRange.All;
            if (!_panes.TryGetValue(range, out Pane? pane))
                _panes.Add(range, pane = new Pane(range, _now));
            return pane;
        }
    }

    private sealed class Now
    {
        public EventTime Watermark { get; set; } = EventTime.MinValue;

        public EventTime Clock { get; set; }
    }

    private sealed class Pane(TimeRange window, Now now) : ITriggerContext
    {
        public Dictionary<int, long?> Cells { get; } = [];

        public HashSet<(TimeDomain Domain, EventTime Time)> Timers { get; } = [];

        public TimeRange Window => window;

        public EventTime Watermark => now.Watermark;

        public EventTime Clock => now.Clock;

        public long? this[int cell]
        {
            get => Cells.GetValueOrDefault(cell);
            set => Cells[cell] = value;
        }

        public void Register(EventTime time, TimeDomain domain) => Timers.Add((domain, time));

        public void Delete(EventTime time, TimeDomain domain) => Timers.Remove((domain, time));
    }
}
