namespace Weir.Grains.Streams;

using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using Weir.Contracts;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Grains.Logs;

/// <summary>
/// What the agent delivers at once: one read of the log. Its token is the offset <em>after</em> it, so that every token
/// of this provider means the same: go on at this offset. A subscriber that is asked how far it came answers with the
/// token of the last container it took, and nothing is given twice or left out.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.LogBatchContainer")]
internal sealed class LogBatchContainer : IBatchContainer
{
    [NonSerialized]
    private readonly CodecRegistry _codecs;

    [GeneratedActivatorConstructor]
    internal LogBatchContainer(CodecRegistry codecs) => _codecs = codecs;

    public LogBatchContainer(CodecRegistry codecs, StreamId stream, EventBatchBlock block)
        : this(codecs)
    {
        StreamId = stream;
        Block = block;
    }

    [Id(0)]
    public StreamId StreamId { get; private set; }

    [Id(1)]
    public EventBatchBlock Block { get; private set; } = null!;

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Block.Next);

    public bool ImportRequestContext() => false;

    /// <summary>The block itself for subscribers of blocks, otherwise the events from the offset asked for on, each
    /// with its own offset as its token.</summary>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        if (Block is T block)
            return [Tuple.Create<T, StreamSequenceToken>(block, new EventSequenceTokenV2(Block.From))];
        return Block.Batches.SelectMany(batch => Decode<T>(batch.ToBatch()));
    }

    private IEnumerable<Tuple<T, StreamSequenceToken>> Decode<T>(EventBatch batch)
    {
        if (batch.Kind != BatchKind.Events)
            yield break;
        TopicSchemas.Check<T>(Block.Topic, batch.Schema);
        foreach ((long offset, T value) in EventFrames.Read(batch, CodecOf<T>(batch.Schema), Block.Asked))
            yield return Tuple.Create<T, StreamSequenceToken>(value, new EventSequenceTokenV2(offset));
    }

    private Codec<T> CodecOf<T>(string schema)
    {
        try
        {
            return EventSchema.IsFormat(schema) ? _codecs.InFormat<T>(schema) : _codecs.For<T>();
        }
        catch (NoCodecException unknown)
        {
            throw new WeirException(WeirError.InvalidRequest, unknown.Message);
        }
    }
}
