namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>The result of a window before it gets its timestamp.</summary>
public sealed record Outcome(string Key, long Value, long Start, long End);

/// <summary>Whole window operators, with everything that can be chosen.</summary>
internal sealed class WindowArea : Area
{
    public override void Run(JsonElement each)
    {
        JsonElement config = each.GetProperty("config");
        bool withWindow = config.Text("function") == "sumWithWindow";
        var job = new CaseJob(events => Define(events, config, withWindow));
        CaseRun.Play(each, job, output => Show(output, withWindow), exact: false);
    }

    private static void Define(DataStream<Item> events, JsonElement config, bool withWindow)
    {
        WindowSpec spec = Specs.Of(config.GetProperty("assigner"));
        if (config.Long("allowedLateness") is > 0 and var lateness)
            spec = spec.AllowLateness(Json.Span(lateness));
        WindowedStream<string, Item> windows = events.KeyBy(Item.Input.Key).Window(spec);
        if (config.AtAny("trigger") is { } trigger)
            windows = windows.Trigger(Specs.Trigger(trigger));
        if (config.AtAny("evictor") is { } evictor)
            windows = windows.Evict(Specs.Evictor(evictor, config.True("evictAfter")));
        Results(windows, config)
            .KeyBy(outcome => outcome.Key)
            .Process("stamp", new Stamp(withWindow))
            .To(Item.Output);
    }

    private static DataStream<Outcome> Results(WindowedStream<string, Item> windows, JsonElement config)
    {
        string function = config.Text("function");
        if (function is not ("sum" or "sumWithWindow" or "passThroughElements"))
            throw NotYet($"the function {function}");
        if (function == "passThroughElements" || config.Text("stateStyle") == "list")
        {
            var processed = windows.Process("windows", new Elements(pass: function == "passThroughElements"));
            return config.True("lateSideOutput") ? processed.LateTo(Item.Late) : processed;
        }

        var sums = windows.Aggregate("windows", new Sum<Item, long>(item => item.Value));
        if (config.True("lateSideOutput"))
            sums.LateTo(Item.Late);
        return sums.Select(each => new Outcome(
            each.Key, each.Value, each.Window.Start.Milliseconds, each.Window.End.Milliseconds));
    }

    private static string Show(JsonElement output, bool withWindow) => Show(
        new Outcome(output.Text("key"), output.Long("value"), output.Long("windowStart"), output.Long("windowEnd")),
        output.Long("ts"),
        withWindow);

    private static string Show(Outcome outcome, long time, bool withWindow) =>
        $"{outcome.Key} {outcome.Value}{(withWindow ? $" [{outcome.Start}, {outcome.End})" : "")} at {time}";

    /// <summary>Shows the timestamp that a result came with.</summary>
    private sealed class Stamp(bool withWindow) : KeyedProcess<string, Outcome, string>
    {
        public override void OnEvent(Outcome value, IKeyContext<string, string> key) =>
            key.Emit(Show(value, key.Time.Milliseconds, withWindow));
    }

    /// <summary>Works on the kept events: their sum, or each of them again.</summary>
    private sealed class Elements(bool pass) : WindowProcess<string, Item, Outcome>
    {
        public override void Process(IReadOnlyList<Item> events, IWindowContext<string, Outcome> window)
        {
            long start = window.Window.Start.Milliseconds;
            long end = window.Window.End.Milliseconds;
            if (!pass)
                window.Emit(new Outcome(window.Key, events.Sum(item => item.Value), start, end));
            foreach (Item item in pass ? events : [])
                window.Emit(new Outcome(window.Key, item.Value, start, end));
        }
    }
}
