namespace Weir.Grains.Diagnostics;

using Weir.Engine.Time;

/// <summary>
/// A key group or a source partition that runs on this silo, as metrics see it. Invariant: reading it takes no lock and
/// waits for nothing, so any thread may; what it answers may be a moment old.
/// </summary>
internal interface IMeteredStage
{
    /// <summary>Events taken, of a restored group also those of before.</summary>
    long EventsIn { get; }

    /// <summary>Events handed on in this epoch, counted once for each place that they went to.</summary>
    long EventsOut { get; }

    /// <summary>Events that came too late, of a restored group also those of before.</summary>
    long LateEvents { get; }

    /// <summary>Keys with any state; 0 for a source.</summary>
    int Keys { get; }

    /// <summary>The watermark.</summary>
    EventTime Watermark { get; }

    /// <summary>For how long in this epoch it waited until others had taken what it sent.</summary>
    TimeSpan Blocked { get; }
}
