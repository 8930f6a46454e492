namespace Weir.Connectors.Chunks;

using Weir.Protocol.Logs;

/// <summary>
/// The batches of an append without the part that is stored already. Example: batches of 3 and 4 events of which 5 are
/// stored leave one batch with the last 2 events.
/// </summary>
internal sealed class TrimmedBatches
{
    private readonly IReadOnlyList<NewBatch> _batches;
    private readonly int _start;
    private readonly NewBatch _first;

    /// <summary>Leaves out the first <paramref name="stored"/> offsets, which must be fewer than there are.</summary>
    public TrimmedBatches(IReadOnlyList<NewBatch> batches, long stored)
    {
        _batches = batches;
        while (stored >= AppendCheck.OffsetsOf(batches[_start]))
            stored -= AppendCheck.OffsetsOf(batches[_start++]);
        _first = batches[_start];
        if (stored > 0)
            _first = _first with
            {
                Count = _first.Count - (int)stored,
                Payload = SkipEvents(_first.Payload, (int)stored),
            };
    }

    public int Count => _batches.Count - _start;

    public NewBatch this[int index] => index == 0 ? _first : _batches[_start + index];

    /// <summary>The batches from one index up to before another.</summary>
    public IEnumerable<NewBatch> Range(int begin, int end)
    {
        for (int i = begin; i < end; i++)
            yield return this[i];
    }

    private static ReadOnlyMemory<byte> SkipEvents(ReadOnlyMemory<byte> payload, int events)
    {
        ReadOnlySpan<byte> rest = payload.Span;
        for (int i = 0; i < events; i++)
        {
            if (!Varint.TryRead(rest, out ulong size, out int length) || size > (ulong)(rest.Length - length))
                throw Unreadable(i);
            rest = rest[(length + (int)size)..];
        }
        return rest.IsEmpty ? throw Unreadable(events) : payload[^rest.Length..];
    }

    private static EventLogException Unreadable(int index) => AppendCheck.Invalid(
        $"Event {index} of a repeated batch does not begin with its length in bytes, so the part of the batch that is "
        + "stored already cannot be left out; send events as length and bytes.");
}
