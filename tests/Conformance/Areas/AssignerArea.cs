namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Aggregates;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>Which windows a timestamp belongs to, and which windows merge.</summary>
internal sealed class AssignerArea : Area
{
    public override void Run(JsonElement each)
    {
        if (each.At("assignments") is not null)
            Assign(each);
        else if (each.At("mergeInput") is not null)
            Merge(each);
        else if (each.At("invalidConfigs") is not null)
            Refuse(each);
        else if (each.At("intersects") is not null)
            Intersect(each);
        else
            Starts(each);
    }

    private static void Assign(JsonElement each)
    {
        JsonElement config = each.GetProperty("config");
        WindowAssigner assigner = Specs.Of(config.AtAny("assigner") ?? config).Assigner;
        foreach (JsonElement assignment in each.List("assignments"))
        {
            long time = assignment.AtAny("ts", "processingTime", "timestamp")?.GetInt64() ?? 0;
            List<TimeRange> windows = Assign(
                assigner, new Item(assignment.Text("key"), assignment.Long("value"), time));
            ExpectAll(
                $"windows of {time}",
                assignment.List("windows").Select(window => window.Range().Show()),
                windows.Select(window => window.Show()));
        }
    }

    private static List<TimeRange> Assign(WindowAssigner assigner, Item item)
    {
        List<TimeRange> windows = [];
        if (assigner is IEventAssigner<Item> byEvent)
            byEvent.Assign(item, new EventTime(item.Ts), windows);
        else
            assigner.Assign(new EventTime(item.Ts), windows);
        return windows;
    }

    // A window of the case is an event with its start and the gap that gives its end; the merged ones are those open.
    private static void Merge(JsonElement each)
    {
        TimeRange[] input = [.. each.List("mergeInput").Select(Json.Range)];
        var job = new CaseJob(events => events
            .KeyBy(Item.Input.Key)
            .Window(Windows.Session<Item>(item => TimeSpan.FromMilliseconds(item.Value)))
            .Aggregate("sessions", new Sum<Item, long>(item => item.Value))
            .Select(result => result.Key)
            .To(Item.Output));
        var run = new JobHarness(job);
        foreach (TimeRange window in input)
            run.Send(
                Item.Input,
                new Item("key", window.End.Milliseconds - window.Start.Milliseconds, window.Start.Milliseconds));
        TimeRange[] merged = [.. each.List("mergeResults").SelectMany(result => result.List("from")).Select(Json.Range)];
        ExpectAll(
            "merged",
            input.Except(merged)
                .Concat(each.List("mergeResults").Select(result => result.GetProperty("into").Range()))
                .Select(window => window.Show()),
            run.Inspect("sessions", "key")!.Windows.Select(window => window.Window.Show()));
    }

    private static void Refuse(JsonElement each)
    {
        foreach (JsonElement config in each.List("invalidConfigs"))
        {
            bool refused = false;
            try
            {
                // A gap that follows from the event is refused with the first event.
                Assign(Specs.Of(config.AtAny("assigner") ?? config).Assigner, new Item("", 0, 0));
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
            {
                refused = true;
            }

            Expect($"{config} refused", true, refused);
        }
    }

    private static void Intersect(JsonElement each)
    {
        foreach (JsonElement pair in each.List("intersects"))
        {
            TimeRange left = pair.GetProperty("a").Range();
            TimeRange right = pair.GetProperty("b").Range();
            Expect($"{left.Show()} and {right.Show()}", pair.True("result"), left.Intersects(right));
            Expect($"{right.Show()} and {left.Show()}", pair.True("result"), right.Intersects(left));
        }
    }

    // The formula alone: rows of timestamp, size and offset with the start that follows.
    private static void Starts(JsonElement each)
    {
        JsonProperty rows = each.EnumerateObject().FirstOrDefault(property =>
            property.Value.ValueKind == JsonValueKind.Array
            && property.Value.GetArrayLength() > 0
            && property.Value[0].AtAny("ts", "timestamp") is not null);
        if (rows.Value.ValueKind != JsonValueKind.Array)
            throw NotYet($"a case with {string.Join(", ", each.EnumerateObject().Select(property => property.Name))}");
        foreach (JsonElement row in rows.Value.EnumerateArray())
        {
            JsonElement config = each.At("config") ?? row;
            long size = (row.AtAny("size", "windowSize") ?? config.AtAny("size", "windowSize"))?.GetInt64()
                ?? throw NotYet($"the row {row}");
            long offset = (row.AtAny("offset") ?? config.AtAny("offset"))?.GetInt64() ?? 0;
            long expected = row.AtAny("start", "expected", "result", "windowStart")?.GetInt64()
                ?? throw NotYet($"the row {row}");
            EventTime time = new(row.AtAny("ts", "timestamp")!.Value.GetInt64());
            Expect($"start of {row}", expected, WindowAssigner.StartOf(time, size, offset).Milliseconds);
        }
    }
}
