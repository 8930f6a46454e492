namespace Weir.Engine.Operators;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What stands in a queue: a call, or with none a step of time.</summary>
internal readonly record struct QueueEntry(PendingCall? Call, EventTime Watermark, EventTime Clock, bool IsIdle);

/// <summary>
/// The calls of an instance and the steps of time between them, in the order in which they came. Invariant: a step goes
/// out after everything that came before it and before everything that came after it; at most as many calls as the
/// capacity have begun and not gone out.
/// </summary>
/// <remarks>
/// Ordered, what has finished waits for what came before it. Unordered, it waits for steps of time only. Of the queue
/// a b |5| c, c finishes, then b, then a. Ordered, a b |5| c go out at the end. Unordered, b goes out at once, and
/// a |5| c at the end: c could not overtake the step, nor the step a. What a step lets go leaves in the order in which
/// it finished. Source: Flink's ordered and unordered wait.
/// Steps with no event between them are merged as in <see cref="ForwardRouter{T}"/>.
/// </remarks>
internal sealed class CallQueue(ResultOrder order, int capacity)
{
    private readonly LinkedList<QueueEntry> _entries = new();

    // Unordered only: what may go out, in the order in which it finished.
    private readonly Queue<PendingCall> _ready = new();
    private LinkedListNode<QueueEntry>? _toBegin;
    private int _begun;
    private int _calls;
    private long _segment;
    private long _segmentsOut;
    private long _finished;

    /// <summary>Calls and steps of time that have not gone out.</summary>
    public int Count => _entries.Count;

    /// <summary>
    /// Whether more may be added: a further call could begin at once, and not too many steps of time wait.
    /// </summary>
    public bool HasRoom => _calls < capacity && _entries.Count - _calls <= 2 * (long)capacity;

    /// <summary>Calls and steps of time that have not gone out, in the order in which they came.</summary>
    public IEnumerable<QueueEntry> Entries => _entries;

    public void Add(PendingCall call)
    {
        call.Segment = _segment;
        call.Place = _entries.AddLast(new QueueEntry(call, EventTime.None, EventTime.None, false));
        _toBegin ??= call.Place;
        _calls++;
    }

    public void AddStep(EventTime watermark, EventTime clock, bool idle)
    {
        var step = new QueueEntry(null, watermark, clock, idle);
        if (_entries.Last is { } last
            && last.Value.Call is null
            && last.Value.IsIdle == idle
            && watermark != EventTime.MaxValue)
        {
            last.Value = step;
            return;
        }

        _entries.AddLast(step);
        _segment++;
    }

    /// <summary>The next call to begin, in the order of events, unless as many as possible have begun.</summary>
    public bool TryBegin([NotNullWhen(true)] out PendingCall? call)
    {
        call = null;
        if (_begun >= capacity || _toBegin is not { } place)
            return false;
        call = place.Value.Call!;
        _begun++;
        do
            _toBegin = _toBegin.Next;
        while (_toBegin is { Value.Call: null });
        return true;
    }

    /// <summary>A call that has begun has its outcome.</summary>
    public void Finish(PendingCall call)
    {
        if (call.Place is null || call.Finish > 0)
            throw new InvalidOperationException("A call can have one outcome only.");
        call.Finish = ++_finished;
        if (order == ResultOrder.Unordered && call.Segment == _segmentsOut)
            _ready.Enqueue(call);
    }

    /// <summary>Takes out what may go next: a finished call, or a step of time.</summary>
    public bool TryTake(out QueueEntry entry)
    {
        if (_ready.TryDequeue(out PendingCall? ready))
            return TakeOut(ready.Place!, out entry);
        if (_entries.First is { } first)
        {
            if (first.Value.Call is not { } call)
            {
                TakeOut(first, out entry);
                ReadySegment();
                return true;
            }

            if (order == ResultOrder.Ordered && call.Finish > 0)
                return TakeOut(first, out entry);
        }

        entry = default;
        return false;
    }

    private bool TakeOut(LinkedListNode<QueueEntry> place, out QueueEntry entry)
    {
        entry = place.Value;
        _entries.Remove(place);
        if (entry.Call is { } call)
        {
            call.Place = null;
            _calls--;
            _begun--;
        }

        return true;
    }

    /// <summary>A step has gone out: what follows it, up to the next one, needs to wait no more.</summary>
    private void ReadySegment()
    {
        _segmentsOut++;
        if (order == ResultOrder.Ordered)
            return;
        var finished = new List<PendingCall>();
        for (LinkedListNode<QueueEntry>? at = _entries.First; at?.Value.Call is { } call; at = at.Next)
        {
            if (call.Finish > 0)
                finished.Add(call);
        }

        finished.Sort(static (left, right) => left.Finish.CompareTo(right.Finish));
        foreach (PendingCall call in finished)
            _ready.Enqueue(call);
    }
}
