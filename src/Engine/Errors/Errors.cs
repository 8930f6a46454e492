namespace Weir.Engine.Errors;

using Weir.Engine.Streams;

/// <summary>
/// What becomes of an event that a function fails on; stated per operator and per source with <c>OnError</c>.
/// </summary>
/// <remarks>
/// With any choice but <see cref="Fail"/>, what a function did for an event before it threw is undone: its emissions,
/// its timers and its state. For that, a function with keyed state pays for writing each piece of state that it touches
/// as bytes once per event, about 0.1 us for a number; a window operator writes the accumulators of the open windows of
/// the event's key, about 0.2 us for one, and with an evictor all events that they keep. State kept by the function
/// itself, outside of the context, is not undone. Functions without state that follow an operator belong to it, up to
/// the next one.
/// </remarks>
public static class Errors
{
    /// <summary>The job fails, with a message that says where. The default.</summary>
    public static FailPolicy Fail { get; } = new();

    /// <summary>
    /// Only the key of the event stops: the event and all later ones of the key are kept in order, and its timers wait,
    /// until the key is released or discarded. All other keys go on. The job does not finish before.
    /// </summary>
    /// <remarks>
    /// A released key goes on as if nothing had happened: each event is applied at the watermark and clock at which it
    /// came, with the timers due in their places between. So an event that was in time is not late now; what it emits
    /// has its old timestamp, and an operator behind this one may find that late.
    /// </remarks>
    public static QuarantinePolicy QuarantineKey { get; } = new();

    /// <summary>The event is written to a topic and processing goes on; a timer is dropped and reported.</summary>
    /// <typeparam name="T">The type of the operator's events.</typeparam>
    /// <param name="topic">Where to; several operators may share it.</param>
    public static ErrorPolicy<T> DeadLetterTo<T>(Topic<DeadLetter<T>> topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return new ErrorPolicy<T>(ErrorChoice.DeadLetter, topic);
    }

    /// <summary>
    /// For a source: an event that can not be decoded, that lies in another partition than its key says, or that a
    /// function without state fails on is written to a topic as it lies in the log, and processing goes on.
    /// </summary>
    /// <param name="topic">Where to; several sources may share it.</param>
    public static SourceErrorPolicy DeadLetterTo(Topic<SourceDeadLetter> topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return new SourceErrorPolicy(topic);
    }
}

internal enum ErrorChoice
{
    Fail,
    DeadLetter,
    Quarantine,
}

/// <summary>See <see cref="Errors.Fail"/>.</summary>
public sealed class FailPolicy
{
    internal FailPolicy()
    {
    }
}

/// <summary>See <see cref="Errors.QuarantineKey"/>.</summary>
public sealed record QuarantinePolicy
{
    internal QuarantinePolicy()
    {
    }

    internal int Bound { get; init; } = 100_000;

    /// <summary>The same with another bound on what is held.</summary>
    /// <param name="events">Events held per key, 1 or more (default 100 000); with one more the job fails.</param>
    public QuarantinePolicy AtMost(int events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(events, 1);
        return this with { Bound = events };
    }

    /// <summary>The same; events of a key that is discarded are written to a topic.</summary>
    /// <typeparam name="T">The type of the operator's events.</typeparam>
    /// <param name="topic">Where to; several operators may share it.</param>
    public ErrorPolicy<T> DeadLetterTo<T>(Topic<DeadLetter<T>> topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return new ErrorPolicy<T>(ErrorChoice.Quarantine, topic) { Bound = Bound };
    }
}

/// <summary>What becomes of an event that an operator's function fails on; made by <see cref="Errors"/>.</summary>
/// <typeparam name="T">The type of the operator's events.</typeparam>
public sealed class ErrorPolicy<T>
{
    internal ErrorPolicy(ErrorChoice choice, Topic<DeadLetter<T>>? topic)
    {
        Choice = choice;
        Topic = topic;
    }

    internal ErrorChoice Choice { get; }

    internal Topic<DeadLetter<T>>? Topic { get; }

    internal int Bound { get; init; }

    /// <summary>The job fails.</summary>
    public static implicit operator ErrorPolicy<T>(FailPolicy policy) => From(policy);

    /// <summary>The key is kept in quarantine.</summary>
    public static implicit operator ErrorPolicy<T>(QuarantinePolicy policy) => From(policy);

    /// <summary>The job fails.</summary>
    public static ErrorPolicy<T> From(FailPolicy policy) => new(ErrorChoice.Fail, null);

    /// <summary>The key is kept in quarantine.</summary>
    public static ErrorPolicy<T> From(QuarantinePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return new ErrorPolicy<T>(ErrorChoice.Quarantine, null) { Bound = policy.Bound };
    }
}

/// <summary>What becomes of an event that a source can not process; made by <see cref="Errors"/>.</summary>
public sealed class SourceErrorPolicy
{
    internal SourceErrorPolicy(Topic<SourceDeadLetter>? topic) => Topic = topic;

    internal Topic<SourceDeadLetter>? Topic { get; }

    /// <summary>The job fails.</summary>
    public static implicit operator SourceErrorPolicy(FailPolicy policy) => FromFailPolicy(policy);

    /// <summary>The job fails.</summary>
    public static SourceErrorPolicy FromFailPolicy(FailPolicy policy) => new((Topic<SourceDeadLetter>?)null);
}
