namespace Weir.Connectors.Kafka;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What a message is in the sequence of batches.</summary>
/// <param name="Kind">Events, or a tick for a message without a value.</param>
/// <param name="Part">Whether it is a batch of its own, or belongs to one with its neighbours.</param>
/// <param name="Stamp">The ingestion clock of its batch.</param>
internal readonly record struct MessagePlace(BatchKind Kind, BatchPart Part, EventTime Stamp);

/// <summary>
/// Says where the batches of a partition end, which Kafka does not know. Invariant: the answer depends on the messages of
/// one block of 256 offsets alone, in their order, so that every reader that begins at a block gives the same batches and
/// stamps, whenever and in whatever pieces the messages came.
/// </summary>
/// <remarks>
/// The clock of a block is the highest timestamp so far in it. The first message of a block, and each that takes the
/// clock into another tenth of a second, is a batch of its own, so that a lonely event moves the watermark at once; what
/// follows it up to the next such message is one batch. A message without a value is no event but a tick.
/// Timestamps 1000, 1010, 1020, 1130, 1040 at the offsets 0 to 4: {0}, {1, 2}, {3}, {4}, with the stamps 1000, 1010,
/// 1130 and 1130.
/// </remarks>
internal sealed class BatchCutter
{
    /// <summary>Offsets of a block.</summary>
    public const int Block = 256;

    private const long Period = 100;
    private long _block = -1;
    private long _clock;
    private long _stamp;
    private bool _isOpen;

    /// <summary>The offset at which to begin so that what lies at an offset is cut as it always is.</summary>
    public static long BlockOf(long offset) => offset - (offset % Block);

    /// <summary>Takes the next message.</summary>
    public MessagePlace Take(long offset, long timestamp, bool hasValue)
    {
        long block = offset / Block;
        bool turns = block != _block || FloorOf(timestamp) > FloorOf(_clock);
        _clock = block == _block ? Math.Max(_clock, timestamp) : timestamp;
        _block = block;
        if (!hasValue || turns)
        {
            _isOpen = false;
            return new MessagePlace(hasValue ? BatchKind.Events : BatchKind.Tick, BatchPart.Whole, new EventTime(_clock));
        }

        BatchPart part = _isOpen ? BatchPart.Next : BatchPart.First;
        if (!_isOpen)
            _stamp = _clock;
        _isOpen = true;
        return new MessagePlace(BatchKind.Events, part, new EventTime(_stamp));
    }

    private static long FloorOf(long timestamp) => (timestamp >= 0 ? timestamp : timestamp - Period + 1) / Period;
}
