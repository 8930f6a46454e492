namespace Weir.Fuzz.Decoders;

using Weir.Fuzz.Inputs;

/// <summary>Everything that decodes, by name. A new decoder is a line here; it is made when it is first asked for.</summary>
public static class AllDecoders
{
    private static readonly Dictionary<string, Func<Decoder>> Makers = new()
    {
        ["segments"] = GroupDecoders.Segments,
        ["slices"] = GroupDecoders.Slices,
        ["keys"] = GroupDecoders.Keys,
        ["hosted-keys"] = HostedDecoders.Keys,
        ["source-state"] = SourceDecoders.State,
        ["events"] = SourceDecoders.Events,
        ["orleans-events"] = SourceDecoders.OrleansEvents,
        ["event-frames"] = TopicDecoders.Frames,
        ["log-chunks"] = LogDecoders.Chunks,
        ["log-producers"] = LogDecoders.Producers,
        ["json-events"] = TopicDecoders.JsonEvents,
        ["json-keys"] = TopicDecoders.JsonKeys,
    };

    public static IEnumerable<string> Names => Makers.Keys;

    /// <summary>The decoder of a name, or all of them.</summary>
    public static IEnumerable<Decoder> Named(string? name) =>
        Makers.Where(maker => name is null || maker.Key == name).Select(maker => maker.Value());
}
