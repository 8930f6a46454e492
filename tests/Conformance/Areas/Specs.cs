namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Windows;

/// <summary>Windows and triggers as the case files state them.</summary>
internal static class Specs
{
    public static WindowSpec Of(JsonElement assigner)
    {
        TimeSpan size = Json.Span(assigner.Long("size"));
        TimeSpan slide = Json.Span(assigner.Long("slide"));
        TimeSpan offset = Json.Span(assigner.Long("offset"));
        if (assigner.Text("stagger").ToUpperInvariant() is not ("" or "ALIGNED"))
            throw new SkippedException("stagger is of Flink's insides");
        bool byEvent = assigner.AtAny("gapByElement") is not null || assigner.AtAny("pointWindowWhenValue") is not null;
        return assigner.Text("type") switch
        {
            "tumblingEventTime" => Windows.Tumbling(size, offset),
            "tumblingProcessingTime" => Windows.TumblingProcessingTime(size, offset),
            "slidingEventTime" => Windows.Sliding(size, slide, offset),
            "slidingProcessingTime" => Windows.SlidingProcessingTime(size, slide, offset),
            "sessionEventTime" when byEvent => Windows.Session(Gap(assigner)),
            "sessionEventTime" => Windows.Session(Json.Span(assigner.Long("gap"))),
            "sessionProcessingTime" when byEvent => Windows.SessionProcessingTime(Gap(assigner)),
            "sessionProcessingTime" => Windows.SessionProcessingTime(Json.Span(assigner.Long("gap"))),
            "global" => Windows.Global(),
            var other => throw new SkippedException($"not yet: the windows {other}"),
        };
    }

    public static Trigger Trigger(JsonElement trigger)
    {
        TimeSpan interval = Json.Span(trigger.Long("interval"));
        return trigger.Text("type") switch
        {
            "eventTime" => Triggers.EventTime,
            "processingTime" => Triggers.ProcessingTime,
            "count" => Triggers.Count(trigger.AtAny("n", "count", "max")?.GetInt64() ?? 0),
            "continuousEventTime" => Triggers.ContinuousEventTime(interval),
            "continuousProcessingTime" => Triggers.ContinuousProcessingTime(interval),
            "endOfStream" => Triggers.EndOfStream,
            "never" => Triggers.Never,
            "purging" => Triggers.Purging(Trigger(trigger.GetProperty("inner"))),
            var other => throw new SkippedException($"not yet: the trigger {other}"),
        };
    }

    public static Evictor<Item> Evictor(JsonElement evictor, bool evictAfter)
    {
        Evictor<Item> made = evictor.Text("type") switch
        {
            "count" => Evictors.Count<Item>((int)evictor.Long("max")),
            "time" => Evictors.Time<Item>(Json.Span(evictor.Long("size"))),
            "delta" => Evictors.Delta<Item>(
                evictor.GetProperty("threshold").GetDouble(), (each, last) => last.Value - each.Value),
            var other => throw new SkippedException($"not yet: the evictor {other}"),
        };
        return evictAfter || evictor.True("evictAfter") ? made.After() : made;
    }

    // The first rule that matches an event says its gap.
    private static Func<Item, TimeSpan> Gap(JsonElement assigner)
    {
        TimeSpan fixedGap = Json.Span(assigner.Long("gap"));
        (string? Key, long? Value, TimeSpan Gap)[] rules = [.. assigner.List("gapByElement").Select(Rule)];
        long? point = assigner.AtAny("pointWindowWhenValue")?.GetInt64();
        return item =>
        {
            if (item.Value == point)
                return TimeSpan.Zero;
            foreach ((string? key, long? value, TimeSpan gap) in rules)
            {
                if ((key is null || key == item.Key) && (value is null || value == item.Value))
                    return gap;
            }

            return fixedGap;
        };
    }

    private static (string? Key, long? Value, TimeSpan Gap) Rule(JsonElement rule)
    {
        JsonElement when = rule.AtAny("when") ?? rule;
        return (when.AtAny("key")?.GetString(), when.AtAny("value")?.GetInt64(), Json.Span(rule.Long("gap")));
    }
}
