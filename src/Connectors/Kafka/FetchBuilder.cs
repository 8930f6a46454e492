namespace Weir.Connectors.Kafka;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>A message of Kafka, as far as it is looked at.</summary>
internal readonly record struct KafkaMessage(long Offset, long Timestamp, byte[]? Value);

/// <summary>
/// Gathers messages into the batches of one read. Invariant: the batches cover all offsets from where the read began;
/// an offset without a message belongs to the message behind it.
/// </summary>
internal sealed class FetchBuilder
{
    private readonly long _from;
    private readonly string _schema;
    private readonly ReadLimits _limits;
    private readonly List<EventBatch> _batches = [];
    private readonly ByteWriter _run = new();
    private EventBatch _open;
    private long _next;
    private int _events;
    private long _bytes;

    /// <summary>Begins a read.</summary>
    /// <param name="from">The offset asked for.</param>
    /// <param name="schema">What the events are.</param>
    /// <param name="limits">Its limits.</param>
    public FetchBuilder(long from, string schema, ReadLimits limits)
    {
        _from = _next = from;
        _schema = schema;
        _limits = limits;
    }

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => _events == 0;

    /// <summary>Whether a message may be added: the first always.</summary>
    public bool HasRoomFor(in KafkaMessage message) => IsEmpty
        || (_events < _limits.MaxEvents && _bytes + (message.Value?.Length ?? 0) <= _limits.MaxBytes);

    /// <summary>Adds the next message.</summary>
    public void Add(in KafkaMessage message, MessagePlace place)
    {
        // The events of a part have neighbouring offsets, and one stamp.
        if (place.Part != BatchPart.Next || message.Offset != _next || _open.Count == 0)
            EndRun();
        if (_open.Count == 0)
            _open = new EventBatch
            {
                From = _next,
                Next = message.Offset,
                Kind = place.Kind,
                Part = place.Part,
                Stamp = place.Stamp,
                Schema = place.Kind == BatchKind.Events ? _schema : "",
            };
        _next = message.Offset + 1;
        _open = _open with { Next = _next, Count = message.Value is null ? 0 : _open.Count + 1 };
        _events++;
        _bytes += message.Value?.Length ?? 0;
        if (message.Value is { } value)
            _run.WriteBlob(value);
        if (place.Part == BatchPart.Whole)
            EndRun();
    }

    /// <summary>What the read gives.</summary>
    public LogFetch ToFetch()
    {
        EndRun();
        return new LogFetch(_from, _next, _batches);
    }

    private void EndRun()
    {
        if (_open.Next > _open.From)
            _batches.Add(_open with { Payload = _run.Detach() });
        _open = default;
    }
}
