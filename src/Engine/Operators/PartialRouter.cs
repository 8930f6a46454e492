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
/// Open addressing with linear probing over the numbers of the partials. What finds them, what they add up to, how many
/// events they have and where they belong lie apart, so that finding touches little memory: with 1000 keys of 8 bytes
/// 32 KB.
/// </remarks>
internal sealed class PartialRouter<TKey, TAccumulator> : Router<Partial<TKey, TAccumulator>>
    where TKey : notnull
{
    private const int Smallest = 512;

    // Nine of ten are found at the first place, so that the processor foresees it.
    private const int PlacesOfOne = 4;
    private static readonly EqualityComparer<TKey> Equality = EqualityComparer<TKey>.Default;

    // What finds the group of a key, if that is not the hash of the key itself.
    private readonly KeyHasher<TKey>? _groupHasher;

    // The numbers of slots of time that there are partials of.
    private readonly Dictionary<EventTime, uint> _slots = [];

    // Behind the hash of a key: where to look for its number, from 1 on.
    private int[] _table = new int[Smallest];
    private int _shift = 32 - BitOperations.Log2(Smallest);

    // By number.
    private Open[] _open = new Open[Smallest / PlacesOfOne];
    private TAccumulator[] _accumulators = new TAccumulator[Smallest / PlacesOfOne];
    private int[] _events = new int[Smallest / PlacesOfOne];
    private Origin[] _origins = new Origin[Smallest / PlacesOfOne];
    private EventTime _start;
    private uint _slot;

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

    /// <summary>What the partials add up to, by their numbers.</summary>
    public Span<TAccumulator> Accumulators => _accumulators.AsSpan(0, Count);

    /// <summary>From here on partials of the slot that begins then are found and begun.</summary>
    public void Use(EventTime start)
    {
        if (!_slots.TryGetValue(start, out uint slot))
            _slots.Add(start, slot = (uint)_slots.Count);
        _start = start;
        _slot = slot;
    }

    /// <summary>Finds the partials of keys that are not settled, up to the first key that has none.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="hashes">A hash of each, whose upper bits are good.</param>
    /// <param name="found">Takes the numbers of the partials; as many as keys, or more.</param>
    /// <returns>How many were found.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int Find(ReadOnlySpan<TKey> keys, ReadOnlySpan<uint> hashes, Span<int> found)
    {
        ReadOnlySpan<int> table = _table;
        ReadOnlySpan<Open> all = _open;
        uint slot = _slot;
        int shift = _shift;
        hashes = hashes[..keys.Length];
        found = found[..keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            int at = HomeOf(hashes[i], slot, shift);
            int number = table[at] - 1;
            while (number >= 0 && !IsOf(in all[number], in keys[i], hashes[i], slot))
            {
                at = (at + 1) & (table.Length - 1);
                number = table[at] - 1;
            }

            if (number < 0)
                return i;
            found[i] = number;
        }

        return keys.Length;
    }

    /// <summary>One event more for each of these numbers.</summary>
    public void AddUp(ReadOnlySpan<int> found)
    {
        Span<int> events = _events;
        foreach (int number in found)
            events[number]++;
    }

    /// <summary>Adds a partial of the slot in use that goes on until it is settled.</summary>
    /// <param name="first">Of its first event.</param>
    /// <param name="hash">The hash by which it is to be found.</param>
    /// <param name="time">The time of that event.</param>
    public void Begin(in Partial<TKey, TAccumulator> first, uint hash, EventTime time)
    {
        int group = GroupOf(in first);
        Add(group, in first, time);
        if (Count == _open.Length)
            Grow();
        _open[Count] = new Open { Key = first.Key, Hash = hash, Slot = _slot };
        _accumulators[Count] = first.Accumulator;
        _events[Count] = 1;
        _origins[Count] = new Origin(first.Hash, group, SliceOf(group).Count - 1);
        Enter(Count++);
    }

    /// <summary>Gives all partials their values; what comes from here on begins new ones.</summary>
    public void Settle()
    {
        if (Count == 0)
            return;
        for (int number = 0; number < Count; number++)
        {
            int events = _events[number];
            if (events == 1)
                continue;
            Origin origin = _origins[number];
            Slice<Partial<TKey, TAccumulator>> slice = SliceOf(origin.Group);
            slice.Replace(origin.Place, new(_open[number].Key, origin.Hash, events, _accumulators[number]));
            slice.AddedUp += events - 1;
        }

        if (RuntimeHelpers.IsReferenceOrContainsReferences<Open>())
            Array.Clear(_open, 0, Count);
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TAccumulator>())
            Array.Clear(_accumulators, 0, Count);
        Array.Clear(_table);
        Count = 0;
        _slots.Clear();
        Use(_start);
    }

    private static bool IsOf(in Open open, in TKey key, uint hash, uint slot) =>
        open.Hash == hash && open.Slot == slot && Equality.Equals(open.Key, key);

    private static int HomeOf(uint hash, uint slot, int shift) => (int)((hash + slot * 2654435769u) >> shift);

    private int GroupOf(in Partial<TKey, TAccumulator> partial) =>
        KeyGroups.GroupOf(_groupHasher?.Hash(partial.Key) ?? partial.Hash, Spec.Groups);

    private void Enter(int number)
    {
        int mask = _table.Length - 1;
        int at = HomeOf(_open[number].Hash, _open[number].Slot, _shift);
        while (_table[at] != 0)
            at = (at + 1) & mask;
        _table[at] = number + 1;
    }

    private void Grow()
    {
        int length = _open.Length * 2;
        Array.Resize(ref _open, length);
        Array.Resize(ref _accumulators, length);
        Array.Resize(ref _events, length);
        Array.Resize(ref _origins, length);
        _table = new int[length * PlacesOfOne];
        _shift--;
        for (int number = 0; number < Count; number++)
            Enter(number);
    }

    /// <summary>What a partial is found by, while events are still added to it.</summary>
    private struct Open
    {
        public TKey Key;
        public uint Hash;
        public uint Slot;
    }

    /// <summary>The hash of its key for its group, that group, and its place in the slice for it.</summary>
    private readonly record struct Origin(uint Hash, int Group, int Place);
}
