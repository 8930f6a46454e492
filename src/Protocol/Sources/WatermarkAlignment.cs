namespace Weir.Protocol.Sources;

using Weir.Engine.Time;

/// <summary>
/// Says how far the source partitions of a job may read, so that none runs far ahead of the others in its group.
/// Invariant: a limit is the lowest watermark that was reported by a member that counts, plus the asking member's
/// drift; the lowest member itself is therefore never held back.
/// </summary>
/// <remarks>
/// Members at 100, 40 and 70 with a drift of 20 may read up to 60: the first and the last wait. When the second goes
/// idle or ends it no longer counts, and the limit is 90. A member that has not reported yet counts as the lowest.
/// Without a member that counts there is no limit. Source: Flink's watermark alignment.
/// </remarks>
public sealed class WatermarkAlignment
{
    private readonly Dictionary<string, Member> _members = [];

    /// <summary>Whether nobody is aligned.</summary>
    public bool IsEmpty => _members.Count == 0;

    /// <summary>Adds a member, which counts as the lowest until it reports.</summary>
    public void Add(string member, SourceAlignment alignment) => _members.Add(member, new Member(alignment));

    /// <summary>
    /// Takes a member's report and returns its limit: while its watermark is above that, it waits. Null if it is no
    /// member.
    /// </summary>
    /// <param name="member">The member.</param>
    /// <param name="watermark">Its watermark.</param>
    /// <param name="counts">Whether the others wait for it: it is neither idle nor at its end.</param>
    public EventTime? Report(string member, EventTime watermark, bool counts)
    {
        if (!_members.TryGetValue(member, out Member? own))
            return null;
        own.Watermark = watermark;
        own.Counts = counts;
        EventTime? lowest = null;
        foreach (Member each in _members.Values)
        {
            if (each.Counts && each.Alignment.Group == own.Alignment.Group)
                lowest = EventTime.Min(lowest ?? EventTime.MaxValue, each.Watermark);
        }

        return lowest is { } low ? low + own.Alignment.MaxDrift : EventTime.MaxValue;
    }

    private sealed class Member(SourceAlignment alignment)
    {
        public SourceAlignment Alignment => alignment;

        public EventTime Watermark { get; set; } = EventTime.MinValue;

        public bool Counts { get; set; } = true;
    }
}
