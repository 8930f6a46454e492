namespace Weir.Connectors.Tests;

using Weir.Engine.Codecs;
using Weir.Protocol.Sinks;

/// <summary>Events as a stage gives them to a sink.</summary>
internal static class SinkBatches
{
    public static SinkBatch Of<T>(CodecRegistry codecs, params IReadOnlyList<T> events)
    {
        Codec<T> codec = codecs.For<T>();
        var bytes = new ByteWriter();
        foreach (T value in events)
        {
            int start = bytes.BeginFrame();
            codec.Write(bytes, in value);
            bytes.EndFrame(start);
        }

        return new SinkBatch(events.Count, bytes.Detach());
    }
}
