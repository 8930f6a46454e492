namespace Weir.Engine.Operators;

using System.Runtime.CompilerServices;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// A step of a channel's time inside a slice: after <paramref name="Position"/> events of it, the channel's watermark
/// and ingestion clock are these. A slice with 5 events and a mark at 3 has 3 events before that step and 2 after.
/// </summary>
/// <param name="Position">0 to the slice's count.</param>
/// <param name="Watermark">The channel's watermark.</param>
/// <param name="Clock">The channel's ingestion clock.</param>
/// <param name="IsIdle">Whether the channel is idle from here on.</param>
public readonly record struct Mark(int Position, EventTime Watermark, EventTime Clock, bool IsIdle);

/// <summary>
/// Where a slice goes: an operator of the job, one of its key groups, and the channel there that it belongs to.
/// </summary>
/// <param name="Operator">Index of the operator in the plan.</param>
/// <param name="Group">The key group.</param>
/// <param name="Channel">Index of the channel at that group.</param>
/// <param name="Edge">Index of the edge in the plan, which knows the type of the events.</param>
public readonly record struct SliceTarget(int Operator, int Group, int Channel, int Edge);

/// <summary>
/// A run of events of one channel for one key group, with every step of time between them and, behind all of them, a
/// barrier or none. Filled by its sender, handed over once, released by its receiver.
/// </summary>
public abstract class Slice
{
    private protected const ulong Offsets = 1;
    private protected const ulong Partials = 2;
    private protected const int HeadBits = 2;
    private Mark[] _marks = [];

    private protected Slice(SliceTarget target) => Target = target;

    /// <summary>Where it goes.</summary>
    public SliceTarget Target { get; }

    /// <summary>Number of items: events, or partials that each stand for one or more of them.</summary>
    public int Count { get; private protected set; }

    /// <summary>Number of events that its items stand for.</summary>
    public int Events => Count + AddedUp;

    /// <summary>The epoch of the sender; set by the exchange.</summary>
    public long Epoch { get; set; }

    /// <summary>The number of the slice in its channel, from 1 in each epoch; set by the exchange.</summary>
    public long Sequence { get; set; }

    /// <summary>The steps of time, in order.</summary>
    public ReadOnlySpan<Mark> Marks => _marks.AsSpan(0, MarkCount);

    /// <summary>Number of steps of time.</summary>
    public int MarkCount { get; private set; }

    /// <summary>
    /// The checkpoint whose barrier stands behind all events and steps of time of the slice, 1 or more; 0 if there is
    /// none. A receiver that comes to it takes nothing more from the channel until the checkpoint has passed.
    /// </summary>
    public long Barrier { get; private protected set; }

    /// <summary>
    /// What it weighs against the bounds of an inbox: its events, its steps of time at a quarter, and its barrier.
    /// </summary>
    public int Weight => Count + (MarkCount + 3) / 4 + (Barrier > 0 ? 1 : 0);

    /// <summary>Writes events, steps of time and the barrier as bytes, for another process.</summary>
    public abstract void Encode(ByteWriter writer);

    /// <summary>Gives its buffers back; it must not be used after.</summary>
    public virtual void Release()
    {
        if (_marks.Length > 0)
            SliceBuffers<Mark>.Pool.Return(_marks);
        _marks = [];
        MarkCount = 0;
        Barrier = 0;
        AddedUp = 0;
    }

    /// <summary>Events beyond one for each item, because they were added to another.</summary>
    internal int AddedUp { get; set; }

    /// <summary>
    /// Reads what <see cref="Encode"/> wrote, whose head tells the number of items and, in its lowest bits, whether each
    /// has its offset and whether they are partials.
    /// </summary>
    internal abstract void Decode(ByteReader reader);

    /// <summary>Whether bytes of a slice are of partials: the lowest bits of its head lie in the first byte.</summary>
    internal static bool HoldsPartials(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && (bytes[0] & Partials) != 0;

    /// <summary>The same as slices of one event or one step of time each, in order; without the barrier.</summary>
    internal abstract IReadOnlyList<Slice> Split();

    /// <summary>The timestamp of each item.</summary>
    internal abstract ReadOnlySpan<EventTime> Times { get; }

    /// <summary>The offset of an event in its partition, or -1 if the slice comes from an operator.</summary>
    internal abstract long OffsetOf(int index);

    /// <summary>Ends the slice with a barrier: nothing may be added to it any more.</summary>
    internal void EndWith(long barrier)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(barrier);
        Barrier = barrier;
    }

    internal void AddMark(EventTime watermark, EventTime clock, bool idle)
    {
        if (MarkCount == _marks.Length)
            Grow(ref _marks, MarkCount);
        _marks[MarkCount++] = new Mark(Count, watermark, clock, idle);
    }

    /// <summary>Replaces the last step if no event came after it; false if there is none to replace.</summary>
    internal bool ReplaceLastMark(EventTime watermark, EventTime clock, bool idle)
    {
        if (MarkCount == 0 || _marks[MarkCount - 1].Position != Count || _marks[MarkCount - 1].IsIdle != idle)
            return false;
        _marks[MarkCount - 1] = new Mark(Count, watermark, clock, idle);
        return true;
    }

    private protected void EncodeMarks(ByteWriter writer)
    {
        writer.WriteVarint((ulong)MarkCount);
        foreach (Mark mark in Marks)
        {
            writer.WriteVarint((ulong)mark.Position);
            writer.WriteSigned(mark.Watermark.Milliseconds);
            writer.WriteSigned(mark.Clock.Milliseconds);
            writer.WriteBool(mark.IsIdle);
        }
    }

    private protected void DecodeMarks(ByteReader reader)
    {
        int count = reader.ReadCount(4);
        int last = 0;
        for (int i = 0; i < count; i++)
        {
            int position = (int)Math.Min(reader.ReadVarint(), int.MaxValue);
            if (position < last || position > Count)
                throw new CorruptDataException($"a step of time stands at {position} of {Count} events");
            last = position;
            AddMark(new EventTime(reader.ReadSigned()), new EventTime(reader.ReadSigned()), reader.ReadBool());
            _marks[MarkCount - 1] = _marks[MarkCount - 1] with { Position = position };
        }
    }

    private protected void EncodeBarrier(ByteWriter writer) => writer.WriteVarint((ulong)Barrier);

    private protected void DecodeBarrier(ByteReader reader)
    {
        ulong barrier = reader.ReadVarint();
        if (barrier > long.MaxValue)
            throw new CorruptDataException($"the slice ends with the barrier of the impossible checkpoint {barrier}");
        Barrier = (long)barrier;
    }

    private protected static void Grow<TItem>(ref TItem[] items, int used)
    {
        TItem[] larger = SliceBuffers<TItem>.Pool.Rent(Math.Max(used * 2, 16));
        items.AsSpan(0, used).CopyTo(larger);
        if (items.Length > 0)
            SliceBuffers<TItem>.Pool.Return(items, RuntimeHelpers.IsReferenceOrContainsReferences<TItem>());
        items = larger;
    }
}

/// <summary>
/// A slice of events of type <typeparamref name="T"/>. One that comes from a source has the offset of each event
/// beside it, so that a failure can say where the event lies; the channel tells topic and partition.
/// </summary>
internal sealed class Slice<T>(SliceTarget target, Codec<T> codec, bool hasOffsets = false) : Slice(target)
{
    private static readonly bool HasPartials =
        typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(Partial<,>);

    private bool _hasOffsets = hasOffsets;
    private T[] _values = [];
    private EventTime[] _times = [];
    private long[] _offsets = [];

    public ReadOnlySpan<T> Values => _values.AsSpan(0, Count);

    internal override ReadOnlySpan<EventTime> Times => _times.AsSpan(0, Count);

    /// <summary>The offset of an event in its partition, or -1 if the slice comes from an operator.</summary>
    public long OffsetAt(int index) => _hasOffsets ? _offsets[index] : -1;

    public void Add(in T value, EventTime time, long offset = -1)
    {
        if (_hasOffsets)
        {
            if (Count == _offsets.Length)
                Grow(ref _offsets, Count);
            _offsets[Count] = offset;
        }

        if (Count == _values.Length)
            Grow(ref _values, Count);
        if (Count == _times.Length)
            Grow(ref _times, Count);
        _values[Count] = value;
        _times[Count++] = time;
    }

    /// <summary>Puts another item into the place of one.</summary>
    public void Replace(int index, in T value) => _values[index] = value;

    /// <summary>Takes back the event that was added last.</summary>
    public void RemoveLast() => _values[--Count] = default!;

    public override void Encode(ByteWriter writer)
    {
        writer.WriteVarint(((ulong)Count << HeadBits) | (_hasOffsets ? Offsets : 0) | (HasPartials ? Partials : 0));

        // Each offset as its distance to the one before.
        long last = 0;
        for (int i = 0; i < Count; i++)
        {
            writer.WriteSigned(_times[i].Milliseconds);
            if (_hasOffsets)
            {
                writer.WriteSigned(_offsets[i] - last);
                last = _offsets[i];
            }

            codec.Write(writer, in _values[i]);
        }

        EncodeMarks(writer);
        EncodeBarrier(writer);
        if (HasPartials)
            writer.WriteVarint((ulong)AddedUp);
    }

    /// <summary>An empty slice with the same target.</summary>
    public Slice<T> NewLike() => new(Target, codec, _hasOffsets);

    public override void Release()
    {
        base.Release();
        if (_values.Length > 0)
            SliceBuffers<T>.Pool.Return(_values, RuntimeHelpers.IsReferenceOrContainsReferences<T>());
        if (_times.Length > 0)
            SliceBuffers<EventTime>.Pool.Return(_times);
        if (_offsets.Length > 0)
            SliceBuffers<long>.Pool.Return(_offsets);
        _values = [];
        _times = [];
        _offsets = [];
        Count = 0;
    }

    internal override long OffsetOf(int index) => OffsetAt(index);

    internal override IReadOnlyList<Slice> Split()
    {
        var pieces = new List<Slice>();
        int passed = 0;
        foreach (Mark mark in Marks)
        {
            for (; passed < mark.Position; passed++)
                pieces.Add(Piece(passed));
            Slice<T> step = NewLike();
            step.AddMark(mark.Watermark, mark.Clock, mark.IsIdle);
            pieces.Add(step);
        }

        for (; passed < Count; passed++)
            pieces.Add(Piece(passed));
        return pieces;
    }

    internal override void Decode(ByteReader reader)
    {
        ulong head = reader.ReadVarint();
        if ((head & Partials) != 0 != HasPartials)
            throw new CorruptDataException("events and what they add up to were taken for each other");
        ulong count = head >> HeadBits;
        if (count > (ulong)reader.Remaining)
            throw new CorruptDataException($"{count} events were announced and {reader.Remaining} bytes are left");
        _hasOffsets = (head & Offsets) != 0;
        long offset = _hasOffsets ? 0 : -1;
        for (ulong left = count; left > 0; left--)
        {
            var time = new EventTime(reader.ReadSigned());
            if (_hasOffsets && (offset += reader.ReadSigned()) < 0)
                throw new CorruptDataException($"an event of the slice lies at the offset {offset}");
            Add(codec.Read(reader), time, offset);
        }

        DecodeMarks(reader);
        DecodeBarrier(reader);
        if (HasPartials)
            AddedUp = (int)Math.Min(reader.ReadVarint(), int.MaxValue / 2);
    }

    private Slice<T> Piece(int index)
    {
        Slice<T> piece = NewLike();
        piece.Add(in _values[index], _times[index], OffsetAt(index));
        return piece;
    }
}
