namespace Weir.Grains.Streams;

using Orleans.Providers.Streams.Common;
using Orleans.Streams;

/// <summary>Tells the agent that a stream may have something from an offset on. It carries no data and is never
/// delivered: cursors read the log.</summary>
internal sealed class StreamNotice(StreamId stream, long from) : IBatchContainer
{
    public StreamId StreamId => stream;

    public StreamSequenceToken SequenceToken { get; } = new EventSequenceTokenV2(from);

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() => [];

    public bool ImportRequestContext() => false;
}
