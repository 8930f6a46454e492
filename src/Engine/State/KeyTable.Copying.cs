namespace Weir.Engine.State;

using System.Numerics;

/// <content>
/// The rows that a capture is still to copy. Invariant: such a row is as it was when the capture began.
/// </content>
/// <remarks>
/// Touched since the last capture: rows 1, 5 and 9. A capture begins; row 5 is touched again, so it is copied at once and
/// belongs to the next capture too; the others are copied when there is time, 1 and then 9.
/// </remarks>
internal sealed partial class KeyTable<TKey>
{
    private ulong[] _uncopied = [];
    private Action<int>? _copy;
    private int _nextWord;

    /// <summary>Whether rows may be left that are still to be copied.</summary>
    public bool IsCopying => _copy is not null;

    /// <summary>Begins a capture of what is there, or of what was touched since the last one.</summary>
    /// <param name="all">Whether of all rows.</param>
    /// <param name="copy">Copies a row; called once for each.</param>
    public void BeginCopying(bool all, Action<int> copy)
    {
        if (IsCopying)
            throw new InvalidOperationException("The capture before has not been copied.");
        if (_uncopied.Length != _touched.Length)
            _uncopied = new ulong[_touched.Length];
        _touched.CopyTo(_uncopied, 0);
        for (int row = 0; all && row < _rows; row++)
        {
            if (_births[row] != 0)
                _uncopied[row >> 6] |= 1UL << row;
        }

        (_copy, _nextWord) = (copy, 0);
    }

    /// <summary>Copies rows that are still to be; false if none is left then.</summary>
    /// <param name="most">About so many.</param>
    public bool CopyNext(int most)
    {
        for (; most > 0 && _copy is not null; _nextWord++)
        {
            if (_nextWord == _uncopied.Length)
            {
                StopCopying();
                break;
            }

            most -= BitOperations.PopCount(_uncopied[_nextWord]);
            for (ulong word = _uncopied[_nextWord]; word != 0; word &= word - 1)
                _copy?.Invoke((_nextWord << 6) + BitOperations.TrailingZeroCount(word));
            _uncopied[_nextWord] = 0;
        }

        return IsCopying;
    }

    /// <summary>Leaves out what has not been copied: nobody wants the capture any more.</summary>
    public void StopCopying() => _copy = null;

    /// <summary>Copies a row, if that is still to be done, before it changes.</summary>
    public void CopyFirst(int row)
    {
        ulong bit = 1UL << row;
        if (row >> 6 >= _uncopied.Length || (_uncopied[row >> 6] & bit) == 0)
            return;
        _uncopied[row >> 6] &= ~bit;
        _copy?.Invoke(row);
    }
}
