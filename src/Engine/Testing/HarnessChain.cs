namespace Weir.Engine.Testing;

using Weir.Engine.Codecs;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;

/// <summary>
/// The segments that a group has stored in a harness. Invariant: folded, they are what the group holds. Most captures are
/// of changes; now and then one is lost and the next is of everything, and now and then the chain is folded. One slice of
/// a few is applied while a capture is copied.
/// </summary>
internal sealed class HarnessChain
{
    private readonly List<ReadOnlyMemory<byte>> _segments = [];
    private ReadOnlyMemory<byte> _mark;
    private int _captures;
    private int _slices;

    /// <summary>Captures a group, and checks that what is stored then is all that it holds.</summary>
    public void Take(GroupProgram group, IKeyHost host)
    {
        _captures++;
        bool loses = _captures % 11 == 0;
        if (loses)
            Wait(group.CaptureAsync(asBase: false, host));
        GroupCapture capture = Wait(group.CaptureAsync(asBase: loses, host));
        Add(capture);
        var mark = new ByteWriter();
        capture.Mark.Write(mark);
        _mark = mark.ToArray();
        if (_captures % 5 == 0 && _segments.Count > 1)
            Fold();
        if (group.IsLoaded)
            Check(group, Wait(group.SnapshotAsync(host)));
    }

    /// <summary>Applies a slice, and checks that a capture from before has what the group held then.</summary>
    public void Apply(GroupProgram group, Slice slice)
    {
        bool copies = _slices++ % 3 == 0 && (group.IsLoaded || _slices % 2 == 0);
        if (!copies)
        {
            group.Apply(slice);
            return;
        }

        byte[] held = group.Snapshot();
        GroupCapture capture = group.Capture(asBase: _slices % 4 == 0);
        group.Apply(slice);
        Add(capture);
        Check(group, held);
    }

    public void Restore(GroupProgram group) =>
        group.Restore(GroupMark.Read(new ByteReader(_mark)), [.. _segments.Select(each => new SegmentMemory(each))]);

    private void Add(GroupCapture capture)
    {
        if (capture is { Copy: not null, IsBase: true })
            _segments.Clear();
        if (capture.Segment is { } segment)
            _segments.Add(segment.ToArray());
    }

    private void Fold()
    {
        byte[] folded = SegmentFold.Merge([.. _segments.Select(each => new SegmentMemory(each))]);
        _segments.Clear();
        _segments.Add(folded);
    }

    private void Check(GroupProgram group, ReadOnlyMemory<byte> snapshot)
    {
        if (_segments.Count == 0)
            return;
        var stored = new SegmentReader(SegmentFold.Merge([.. _segments.Select(each => new SegmentMemory(each))]));
        var held = new SegmentReader(new SegmentMemory(snapshot));
        bool isSame = SegmentHeader.Read(stored).Shared.Span.SequenceEqual(SegmentHeader.Read(held).Shared.Span)
            && RecordsOf(stored).SequenceEqual(RecordsOf(held));
        if (!isSame)
            throw new InvalidOperationException(
                $"What was captured of the group {group.Group} of '{group.OperatorName}' is not what it holds.");
    }

    private static IEnumerable<string> RecordsOf(SegmentReader segment) => SegmentChain.Records([segment])
        .Select(record => Convert.ToHexString(record.Bytes.Span));

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
