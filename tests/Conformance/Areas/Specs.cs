namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Windows;

/// <summary>Windows as the case files state them.</summary>
internal static class Specs
{
    public static WindowSpec Of(JsonElement assigner)
    {
        TimeSpan size = Json.Span(assigner.Long("size"));
        TimeSpan slide = Json.Span(assigner.Long("slide"));
        TimeSpan offset = Json.Span(assigner.Long("offset"));
        if (assigner.At("gapByElement") is not null || assigner.At("pointWindowWhenValue") is not null)
            throw new SkippedException("not yet: a session gap by event");
        if (assigner.Text("stagger") is not ("" or "ALIGNED"))
            throw new SkippedException("stagger is of Flink's insides");
        return assigner.Text("type") switch
        {
            "tumblingEventTime" => Windows.Tumbling(size, offset),
            "slidingEventTime" => Windows.Sliding(size, slide, offset),
            "sessionEventTime" => Windows.Session(Json.Span(assigner.Long("gap"))),
            var other => throw new SkippedException($"not yet: the windows {other}"),
        };
    }
}
