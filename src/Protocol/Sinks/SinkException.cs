namespace Weir.Protocol.Sinks;

/// <summary>Why a sink refused.</summary>
public enum SinkError
{
    /// <summary>A lane of a higher epoch has opened; this one must stop.</summary>
    Fenced,

    /// <summary>The events begin above the next sequence: what lies between was never stored here, or is lost.</summary>
    Gap,

    /// <summary>The storage has no room.</summary>
    Full,

    /// <summary>The other system did not answer or failed; whether the events were stored is unknown. Open the lane
    /// again and repeat.</summary>
    Unavailable,

    /// <summary>What the sink remembers is damaged.</summary>
    Corrupt,

    /// <summary>The other system will never take these events, or the sink was set up wrongly.</summary>
    Refused,
}

/// <summary>A sink refused or failed; the message says what, where, and what to do.</summary>
public sealed class SinkException(SinkError error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public SinkError Error { get; } = error;
}
