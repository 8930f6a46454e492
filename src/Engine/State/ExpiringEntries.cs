namespace Weir.Engine.State;

using System.Collections;
using System.Runtime.InteropServices;

/// <summary>
/// The entries of a map that expires, in order of first insertion. An entry has a place, a small number that is stable
/// while it lives, and a node in the queue of what expires.
/// </summary>
/// <remarks>
/// Entries expire in any order, so each is taken out of a linked list, where an array would close gaps.
/// </remarks>
internal sealed class ExpiringEntries<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    private readonly Dictionary<TKey, int> _places = [];
    private Entry[] _entries = new Entry[4];
    private int _used;
    private int _free = -1;
    private int _last = -1;

    public int Count => _places.Count;

    /// <summary>The place of the oldest entry, or -1.</summary>
    public int First { get; private set; } = -1;

    /// <summary>The place of the entry that was inserted next, or -1.</summary>
    public int After(int place) => _entries[place].After;

    public TKey Key(int place) => _entries[place].Key;

    public ref TValue Value(int place) => ref _entries[place].Value;

    public ref int Node(int place) => ref _entries[place].Node;

    /// <summary>The place of an entry, or -1.</summary>
    public int Find(TKey key) => _places.TryGetValue(key, out int place) ? place : -1;

    /// <summary>Adds an entry at the end; -1 if the key is there.</summary>
    public int Add(TKey key, TValue value)
    {
        ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, key, out bool exists);
        if (exists)
            return -1;
        int place = known = Take();
        _entries[place] = new Entry { Key = key, Value = value, Before = _last, After = -1 };
        if (_last >= 0)
            _entries[_last].After = place;
        else
            First = place;
        _last = place;
        return place;
    }

    public void Remove(int place)
    {
        _places.Remove(_entries[place].Key);
        (int before, int after) = (_entries[place].Before, _entries[place].After);
        if (before >= 0)
            _entries[before].After = after;
        else
            First = after;
        if (after >= 0)
            _entries[after].Before = before;
        else
            _last = before;
        _entries[place] = new Entry { After = _free };
        _free = place;
    }

    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator()
    {
        for (int place = First; place >= 0; place = _entries[place].After)
            yield return new KeyValuePair<TKey, TValue>(_entries[place].Key, _entries[place].Value);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Take()
    {
        if (_free < 0)
        {
            if (_used == _entries.Length)
                Array.Resize(ref _entries, _used * 2);
            return _used++;
        }

        int place = _free;
        _free = _entries[place].After;
        return place;
    }

    private struct Entry
    {
        public TKey Key;
        public TValue Value;
        public int Node;
        public int Before;
        public int After;
    }
}
