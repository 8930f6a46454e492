namespace Weir.Protocol.Sources;

using Weir.Engine.Operators;
using Weir.Engine.Time;

/// <summary>
/// A source partition's side of its alignment: whether it has to wait, and whether it has something to report.
/// Invariant: it reads a batch only while its watermark is not above the last limit it was told; before the first it
/// may read until it has a watermark at all.
/// </summary>
public sealed class AlignmentGate(SourceProgram program, SourceAlignment alignment)
{
    private EventTime _reported = EventTime.MinValue;
    private bool _reportedCounts = true;

    /// <summary>How far it may read.</summary>
    public EventTime Limit { get; private set; } = EventTime.MinValue;

    /// <summary>Whether it may read no batch now.</summary>
    public bool MustWait => !program.HasEnded && program.Watermark > Limit;

    /// <summary>Whether the others wait for it.</summary>
    public bool Counts => !program.IsIdle && !program.HasEnded;

    /// <summary>
    /// Whether what it last reported is out of date: it counts now or no longer, or has gone on by half of the drift.
    /// </summary>
    public bool HasNews => Counts != _reportedCounts
        || (Counts && program.Watermark > _reported && program.Watermark - _reported >= alignment.MaxDrift / 2);

    /// <summary>What to report now; see <see cref="WatermarkAlignment.Report"/>.</summary>
    public (EventTime Watermark, bool Counts) TakeReport()
    {
        _reported = program.Watermark;
        _reportedCounts = Counts;
        return (_reported, _reportedCounts);
    }

    /// <summary>Takes the answer to a report. It may be lower than the one before: an idle member has come back.
    /// </summary>
    public void Allow(EventTime limit) => Limit = limit;
}
