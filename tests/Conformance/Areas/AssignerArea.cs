namespace Weir.Conformance.Areas;

using System.Text.Json;
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
            throw NotYet("a session gap by event");
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
