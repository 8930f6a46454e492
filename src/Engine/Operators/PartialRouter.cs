namespace Weir.Engine.Operators;

using System.Numerics;
using System.Runtime.CompilerServices;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Gathers partials in slices. Invariant: a partial has its place in its slice from its first event on, and its value
/// once it is settled; only settled slices leave.
/// </summary>
/// <remarks>
/// Open addressing with linear probing over the numbers of the partials, which lie one behind the other. A slot comes
/// from the top bits of a product, as in <see cref="State.KeyTable{TKey}"/>.
/// </remarks>
internal sealed class PartialRouter<TKey, TAccumulator> : Router<Partial<TKey, TAccumulator>>
    where TKey : notnull
{
    private const int Smallest = 512;

    // Nine of ten are found at the first slot, so that the processor foresees it.
    private const int SlotsOfOne = 4;
    private static readonly EqualityComparer<TKey> Equality = EqualityComparer<TKey>.Default;

    // What finds the group of a key, if that is not the hash of the key itself.
    private readonly KeyHasher<TKey>? _groupHasher;
    private int[] _slots = new int[Smallest];
    private Open[] _open = new Open[Smallest / SlotsOfOne];
    private int _shift = 32 - BitOperations.Log2(Smallest);

    public PartialRouter(KeyEdge edge, RouterSpec spec, Stage stage, Codec<Partial<TKey, TAccumulator>> codec)
        : base(edge, spec, stage, codec)
    {
        if (edge.IsFiner)
            _groupHasher = (KeyHasher<TKey>)edge.GroupHasher(stage.Plan.Codecs);
    }

    /// <summary>Partials that are not settled.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a partial that no event is added to.</summary>
    public override void OnEvent(in Partial<TKey, TAccumulator> value, EventTime time) =>
        Add(GroupOf(in value), in value, time);

    /// <summary>The partial of a key and a slot that is not settled, or a null reference.</summary>
    public ref Open Find(in TKey key, uint hash, EventTime slot)
    {
        int[] slots = _slots;
        for (int at = HomeOf(hash); slots[at] != 0; at = (at + 1) & (slots.Length - 1))
        {
            ref Open open = ref _open[slots[at] - 1];
            if (open.Hash == hash && open.Slot == slot && Equality.Equals(open.Key, key))
                return ref open;
        }

        return ref Unsafe.NullRef<Open>();
    }

    /// <summary>Adds a partial that goes on until it is settled.</summary>
    /// <param name="first">Of its first event.</param>
    /// <param name="time">The time of that event.</param>
    /// <param name="slot">The start of its slot.</param>
    public void Begin(in Partial<TKey, TAccumulator> first, EventTime time, EventTime slot)
    {
        int group = GroupOf(in first);
        Add(group, in first, time);
        if (Count == _open.Length)
            Grow();
        _open[Count] = new Open
        {
            Key = first.Key,
            Hash = first.Hash,
            Slot = slot,
            Accumulator = first.Accumulator,
            Events = 1,
            Group = group,
            Place = SliceOf(group).Count - 1,
        };
        Enter(Count++);
    }

    /// <summary>Gives all partials their values; what comes from here on begins new ones.</summary>
    public void Settle()
    {
        if (Count == 0)
            return;
        foreach (ref Open open in _open.AsSpan(0, Count))
        {
            if (open.Events == 1)
                continue;
            Slice<Partial<TKey, TAccumulator>> slice = SliceOf(open.Group);
            slice.Replace(open.Place, new(open.Key, open.Hash, open.Events, open.Accumulator));
            slice.AddedUp += open.Events - 1;
        }

        if (RuntimeHelpers.IsReferenceOrContainsReferences<Open>())
            Array.Clear(_open, 0, Count);
        Array.Clear(_slots);
        Count = 0;
    }

    private int GroupOf(in Partial<TKey, TAccumulator> partial) =>
        KeyGroups.GroupOf(_groupHasher?.Hash(partial.Key) ?? partial.Hash, Spec.Groups);

    private void Enter(int number)
    {
        int mask = _slots.Length - 1;
        int at = HomeOf(_open[number].Hash);
        while (_slots[at] != 0)
            at = (at + 1) & mask;
        _slots[at] = number + 1;
    }

    private void Grow()
    {
        Array.Resize(ref _open, _open.Length * 2);
        _slots = new int[_slots.Length * 2];
        _shift--;
        for (int number = 0; number < Count; number++)
            Enter(number);
    }

    private int HomeOf(uint hash) => (int)((hash * 2654435769u) >> _shift);

    /// <summary>A partial that events are still added to.</summary>
    internal struct Open
    {
        public TKey Key;
        public TAccumulator Accumulator;
        public EventTime Slot;
        public uint Hash;
        public int Events;
        public int Group;
        public int Place;
    }
}
