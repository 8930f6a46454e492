namespace Weir.Protocol.Sinks;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Protocol.Checkpoints;

/// <summary>
/// The output of one instance of a stage on its way into topics and sinks. Invariant: what is staged becomes visible
/// when a checkpoint that covers it is complete, never before; until it is confirmed to be there, every report refers
/// to it, so that whoever restores can append it again under the same sequences.
/// </summary>
/// <remarks>
/// Events 0 to 4 are staged and prepared for checkpoint 1, 5 to 9 for 2. If 1 is given up, 2 refers to both parts, and
/// when 2 is complete 0 to 9 are appended. If 1 is complete and 2 is reported before the append was confirmed, 2 refers
/// to both parts as well; a repeated append of 0 to 4 is left out by whoever stores it.
/// </remarks>
public sealed class StagedOutput
{
    private const int LaneBytes = 64;

    // A payload that is larger is stored from where it lies; a smaller one costs less to copy than to write alone.
    private const int LeastAlone = 8 * 1024;
    private readonly Func<string, int> _partitionsOf;
    private readonly int _instance;
    private readonly OutputPositions _positions;
    private readonly List<Part> _parts = [];
    private readonly Dictionary<OutputLane, long> _immediate = [];
    private readonly Dictionary<OutputLane, long> _appended = [];
    private List<StagedBatch> _staged = [];

    /// <summary>Begins where a checkpoint stands.</summary>
    /// <param name="partitionsOf">Partition count of a target; 1 for a sink.</param>
    /// <param name="instance">Which partition or group the stage is: events without a key go to that partition, modulo
    /// their number.</param>
    /// <param name="positions">Where the checkpoint stands; empty: at the beginning of a lineage.</param>
    /// <exception cref="CorruptDataException">The positions are damaged.</exception>
    public StagedOutput(Func<string, int> partitionsOf, int instance, ReadOnlyMemory<byte> positions = default)
    {
        _partitionsOf = partitionsOf;
        _instance = instance;
        _positions = new OutputPositions(positions);
    }

    /// <summary>Bytes that are staged and not confirmed, for back-pressure.</summary>
    public long Bytes { get; private set; }

    /// <summary>Events that are staged and not confirmed, for back-pressure.</summary>
    public long Events { get; private set; }

    /// <summary>Whether anything is staged that was not prepared for a checkpoint yet.</summary>
    public bool HasUnprepared => _staged.Count > 0;

    /// <summary>Whether anything is staged or not confirmed.</summary>
    public bool HasAny => _staged.Count > 0 || _parts.Count > 0;

    /// <summary>The next sequence of each lane, as bytes.</summary>
    public byte[] Positions() => _positions.ToArray();

    /// <summary>
    /// Takes output and gives it its sequence. What is immediate is not kept: the caller appends it at once, and says
    /// <see cref="Appended"/> when it is stored.
    /// </summary>
    public StagedBatch Add(in OutputBatch batch)
    {
        var lane = new OutputLane(batch.Target, batch.Partition ?? (_instance % _partitionsOf(batch.Target)));
        var staged = new StagedBatch(lane, _positions.Take(lane, batch.Count), batch.Count, batch.Payload);
        if (batch.IsImmediate)
        {
            _immediate[lane] = _immediate.GetValueOrDefault(lane) + 1;
            return staged;
        }

        _staged.Add(staged);
        Bytes += batch.Payload.Length;
        Events += batch.Count;
        return staged;
    }

    /// <summary>An immediate batch, the oldest of its lane that was not stored yet, is stored: nobody may read its payload
    /// any more.</summary>
    public void Appended(in StagedBatch batch)
    {
        _appended[batch.Lane] = _appended.GetValueOrDefault(batch.Lane) + 1;
        OutputBuffers.Return(batch.Payload);
    }

    /// <summary>
    /// How many immediate batches each lane has been given so far. A checkpoint that counts them as given must wait until
    /// <see cref="HasAppended"/>: what it restores begins behind them, and nobody would append them any more.
    /// </summary>
    public IReadOnlyList<KeyValuePair<OutputLane, long>> GivenImmediately() => [.. _immediate];

    /// <summary>Whether so many immediate batches are stored.</summary>
    public bool HasAppended(IReadOnlyList<KeyValuePair<OutputLane, long>> given) =>
        given.All(each => _appended.GetValueOrDefault(each.Key) >= each.Value);

    /// <summary>The bytes of everything staged since the last call, in pieces that are to be stored one behind the other;
    /// empty if there is nothing.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Prepare(long number)
    {
        if (_staged.Count == 0)
            return [];
        _parts.Add(new Part(number, _staged) { IsStored = false });
        IReadOnlyList<ReadOnlyMemory<byte>> pieces = Encode(_staged);
        _staged = [];
        return pieces;
    }

    /// <summary>What was prepared is durable.</summary>
    public void Stored(long number, SegmentRef part)
    {
        if (_parts.Find(each => each.Number == number && !each.IsStored) is not { } known)
            return;
        known.Ref = part;
        known.IsStored = true;
    }

    /// <summary>What was prepared was not stored, or it is not known whether it was: it is prepared again with what is
    /// staged, and so is everything behind it.</summary>
    public void Lost(long number)
    {
        int index = _parts.FindIndex(part => part.Number == number && !part.IsStored);
        if (index < 0)
            return;
        _staged = [.. _parts.Skip(index).SelectMany(part => part.Batches), .. _staged];
        _parts.RemoveRange(index, _parts.Count - index);
    }

    /// <summary>What a checkpoint has to refer to, or null if some of it is not stored.</summary>
    public IReadOnlyList<SegmentRef>? At(long number)
    {
        Part[] parts = [.. _parts.Where(part => part.Number <= number)];
        return Array.TrueForAll(parts, part => part.IsStored) ? [.. parts.Select(part => part.Ref)] : null;
    }

    /// <summary>What may be appended once a checkpoint is complete and was not confirmed yet, oldest first.</summary>
    public IReadOnlyList<StagedBatch> Visible(long number) =>
        [.. _parts.Where(part => part.Number <= number).SelectMany(part => part.Batches)];

    /// <summary>All that was visible at a checkpoint is in topics and sinks, durably: nobody may read its payloads any
    /// more.</summary>
    public void Confirm(long number)
    {
        foreach (StagedBatch batch in Visible(number))
            OutputBuffers.Return(batch.Payload);
        Bytes -= _parts.Where(part => part.Number <= number).Sum(part => part.Bytes);
        Events -= _parts.Where(part => part.Number <= number).Sum(part => part.Events);
        _parts.RemoveAll(part => part.Number <= number);
    }

    /// <summary>Takes over a part that a restored report refers to, in the order of the report.</summary>
    /// <exception cref="CorruptDataException">The bytes are no staged output.</exception>
    public void Restore(long number, SegmentRef part, ReadOnlyMemory<byte> bytes)
    {
        var restored = new Part(number, Decode(bytes)) { Ref = part, IsStored = true };
        _parts.Add(restored);
        Bytes += restored.Bytes;
        Events += restored.Events;
    }

    /// <summary>Reads what <see cref="Prepare"/> gave.</summary>
    /// <exception cref="CorruptDataException">The bytes are no staged output.</exception>
    public static List<StagedBatch> Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        int count = reader.ReadCount(5);
        var batches = new List<StagedBatch>(count);
        for (; count > 0; count--)
        {
            OutputLane lane = OutputPositions.ReadLane(reader);
            ulong sequence = reader.ReadVarint();
            ulong events = reader.ReadVarint();
            if (events > int.MaxValue || sequence > long.MaxValue - events)
                throw new CorruptDataException($"{events} events are staged at the sequence {sequence}");
            batches.Add(new StagedBatch(lane, (long)sequence, (int)events, reader.ReadBlob().ToArray()));
        }

        return reader.Remaining == 0
            ? batches
            : throw new CorruptDataException($"{reader.Remaining} bytes of staged output were not understood");
    }

    private static List<ReadOnlyMemory<byte>> Encode(List<StagedBatch> batches)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        var writer = new ByteWriter(batches.Sum(
            batch => LaneBytes + batch.Lane.Target.Length + (IsAlone(batch) ? 0 : batch.Payload.Length)));
        int begin = 0;
        writer.WriteVarint((ulong)batches.Count);
        foreach (StagedBatch batch in batches)
        {
            OutputPositions.WriteLane(writer, batch.Lane);
            writer.WriteVarint((ulong)batch.Sequence);
            writer.WriteVarint((ulong)batch.Count);
            writer.WriteVarint((ulong)batch.Payload.Length);
            if (!IsAlone(batch))
            {
                writer.WriteBytes(batch.Payload.Span);
                continue;
            }

            pieces.Add(writer.WrittenMemory[begin..]);
            pieces.Add(batch.Payload);
            begin = writer.Length;
        }

        if (begin < writer.Length)
            pieces.Add(writer.WrittenMemory[begin..]);
        return pieces;
    }

    private static bool IsAlone(StagedBatch batch) => batch.Payload.Length >= LeastAlone;

    private sealed class Part(long number, List<StagedBatch> batches)
    {
        public long Number => number;

        public List<StagedBatch> Batches => batches;

        public long Bytes { get; } = batches.Sum(batch => (long)batch.Payload.Length);

        public long Events { get; } = batches.Sum(batch => (long)batch.Count);

        public SegmentRef Ref { get; set; }

        public bool IsStored { get; set; }
    }
}
