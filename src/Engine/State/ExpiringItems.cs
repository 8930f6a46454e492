namespace Weir.Engine.State;

using System.Collections;

/// <summary>
/// The items of a list that expires: a ring, for items come at its end and expire at its beginning. Every item has a
/// node in the queue of what expires. Invariant: their times never fall from the first to the last.
/// </summary>
internal sealed class ExpiringItems<T> : IReadOnlyList<T>
{
    private (T Item, int Node)[] _ring = new (T Item, int Node)[4];
    private int _first;

    public int Count { get; private set; }

    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _ring[(_first + index) & (_ring.Length - 1)].Item;
        }
    }

    /// <summary>The node of an item.</summary>
    public int Node(int index) => _ring[(_first + index) & (_ring.Length - 1)].Node;

    public void Add(T item, int node)
    {
        if (Count == _ring.Length)
            Grow();
        _ring[(_first + Count++) & (_ring.Length - 1)] = (item, node);
    }

    public void RemoveFirst()
    {
        _ring[_first] = default;
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Grow()
    {
        var larger = new (T Item, int Node)[_ring.Length * 2];
        for (int i = 0; i < Count; i++)
            larger[i] = _ring[(_first + i) & (_ring.Length - 1)];
        _ring = larger;
        _first = 0;
    }
}
