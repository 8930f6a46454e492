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
        WindowAssigner assigner = Specs.Of(each.GetProperty("config")).Assigner;
        foreach (JsonElement assignment in each.List("assignments"))
        {
            var windows = new List<TimeRange>();
            long time = assignment.Long("ts");
            assigner.Assign(new EventTime(time), windows);
            ExpectAll(
                $"windows of {time}",
                assignment.List("windows").Select(window => window.Range().Show()),
                windows.Select(window => window.Show()));
        }
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
                Specs.Of(config);
            }
            catch (ArgumentException)
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
            && property.Value[0].At("ts") is not null);
        if (rows.Value.ValueKind != JsonValueKind.Array)
            throw NotYet($"a case with {string.Join(", ", each.EnumerateObject().Select(property => property.Name))}");
        foreach (JsonElement row in rows.Value.EnumerateArray())
        {
            JsonElement config = each.At("config") ?? row;
            long size = row.Long("size", config.Long("size"));
            long offset = row.Long("offset", config.Long("offset"));
            long expected = row.Long("start", row.Long("expected", row.Long("result", row.Long("windowStart"))));
            EventTime start = WindowAssigner.StartOf(new EventTime(row.Long("ts")), size, offset);
            Expect($"start of {row}", expected, start.Milliseconds);
        }
    }
}
