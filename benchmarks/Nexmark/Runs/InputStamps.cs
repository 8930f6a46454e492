namespace Weir.Benchmarks.Nexmark.Runs;

using Weir.Benchmarks.Nexmark.Queries;
using Weir.Engine.Time;

/// <summary>
/// When the events of each time were appended: of every partition the times at which the stamp changed. Invariant: event
/// times and stamps of a partition never fall.
/// </summary>
internal sealed class InputStamps(int partitions)
{
    private readonly List<(EventTime Time, EventTime Stamp)>[] _appended =
        [.. Enumerable.Range(0, partitions).Select(_ => new List<(EventTime, EventTime)>())];

    /// <summary>Notes an event; those of a partition in order.</summary>
    public void Add(int partition, EventTime time, EventTime stamp)
    {
        List<(EventTime Time, EventTime Stamp)> appended = _appended[partition];
        if (appended.Count == 0 || appended[^1].Time < time)
            appended.Add((time, stamp));
    }

    /// <summary>
    /// When the append that a result waited for was stored; null if nothing of the input did, as at its end.
    /// </summary>
    public EventTime? Of(Due due)
    {
        if (due.By == DueBy.Clock)
            return due.Time;
        if (due.By == DueBy.Event)
            return FirstAt(due.Time).Where(first => first is not null).Select(first => first!.Value)
                .OrderBy(first => first.Time).Select(first => (EventTime?)first.Stamp).FirstOrDefault();

        // The watermark is the lowest of the partitions: the last one to get there counts.
        EventTime time = due.Time + Model.NexmarkTopics.OutOfOrder;
        EventTime? last = EventTime.MinValue;
        foreach ((EventTime Time, EventTime Stamp)? first in FirstAt(time))
            last = last is { } known && first is { } found ? EventTime.Max(known, found.Stamp) : null;
        return last;
    }

    private IEnumerable<(EventTime Time, EventTime Stamp)?> FirstAt(EventTime time)
    {
        foreach (List<(EventTime Time, EventTime Stamp)> appended in _appended)
        {
            int place = appended.BinarySearch((time, EventTime.MinValue));
            place = place < 0 ? ~place : place;
            yield return place < appended.Count ? appended[place] : null;
        }
    }
}
