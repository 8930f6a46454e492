namespace Weir.Fuzz.Decoders;

using Weir.Fuzz.Inputs;

/// <summary>Everything that decodes, by name. A new decoder is a line here; it is made when it is first asked for.</summary>
public static class AllDecoders
{
    private static readonly Dictionary<string, Func<Decoder>> Makers = new()
    {
        ["segments"] = GroupDecoders.Segments,
        ["changes"] = ChainDecoders.Changes,
        ["marks"] = ChainDecoders.Marks,
        ["slices"] = GroupDecoders.Slices,
        ["frames"] = FrameDecoders.Frames,
        ["frame-answers"] = FrameDecoders.Answers,
        ["keys"] = GroupDecoders.Keys,
        ["hosted-keys"] = HostedDecoders.Keys,
        ["source-state"] = SourceDecoders.State,
        ["events"] = SourceDecoders.Events,
        ["orleans-events"] = SourceDecoders.OrleansEvents,
        ["messages"] = SourceDecoders.Messages,
        ["event-frames"] = TopicDecoders.Frames,
        ["log-chunks"] = LogDecoders.Chunks,
        ["log-producers"] = LogDecoders.Producers,
        ["manifests"] = CheckpointDecoders.Manifests,
        ["reports"] = CheckpointDecoders.Reports,
        ["checkpoint-records"] = CheckpointDecoders.Records,
        ["staged-output"] = CheckpointDecoders.Staged,
        ["sink-journals"] = SinkDecoders.Journals,
        ["json-events"] = TopicDecoders.JsonEvents,
        ["json-keys"] = TopicDecoders.JsonKeys,
    };

    public static IEnumerable<string> Names => Makers.Keys;

    /// <summary>The decoder of a name, or all of them.</summary>
    public static IEnumerable<Decoder> Named(string? name) =>
        Makers.Where(maker => name is null || maker.Key == name).Select(maker => maker.Value());
}
