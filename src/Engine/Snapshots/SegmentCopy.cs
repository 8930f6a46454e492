namespace Weir.Engine.Snapshots;

using System.Runtime.ExceptionServices;

/// <summary>
/// The segment of a capture, which is copied while its group goes on: whatever is about to change is copied before, the
/// rest when there is time. Invariant: it has the bytes that it would have had if all had been copied when the capture
/// began.
/// </summary>
/// <remarks>All calls come from where the group is applied, one at a time.</remarks>
public sealed class SegmentCopy
{
    private readonly SegmentWriter? _writer;
    private Func<int, bool>? _copyNext;
    private ReadOnlyMemory<byte>? _segment;
    private ExceptionDispatchInfo? _fault;

    /// <summary>A segment that was copied at once.</summary>
    public SegmentCopy(ReadOnlyMemory<byte> segment) => _segment = segment;

    /// <summary>What is copied into a writer.</summary>
    /// <param name="writer">Has all that is not copied row by row.</param>
    /// <param name="copyNext">Copies about so many of them; false if none is left then.</param>
    internal SegmentCopy(SegmentWriter writer, Func<int, bool> copyNext)
    {
        _writer = writer;
        _copyNext = copyNext;
    }

    /// <summary>Copies some more keys; true once nothing is left to be copied.</summary>
    /// <param name="rows">About so many, 1 or more.</param>
    /// <exception cref="Exception">What a codec threw, now or when a key was copied because it was about to change.
    /// </exception>
    public bool Advance(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        if (_copyNext?.Invoke(rows) == false)
            _copyNext = null;
        _fault?.Throw();
        return _copyNext is null;
    }

    /// <summary>The segment; copies what is left.</summary>
    /// <exception cref="Exception">As for <see cref="Advance"/>.</exception>
    public ReadOnlyMemory<byte> Finish()
    {
        Advance(int.MaxValue);
        return _segment ??= _writer!.Finish();
    }

    /// <summary>A key could not be copied: there will be no segment.</summary>
    internal void Fail(Exception fault) => _fault ??= ExceptionDispatchInfo.Capture(fault);
}
