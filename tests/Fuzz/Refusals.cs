namespace Weir.Fuzz;

using Weir.Contracts;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;
using Weir.Protocol.Sinks;

/// <summary>The documented answers to wrong input.</summary>
internal static class Refusals
{
    public static bool IsCorrupt(Exception fault) => fault is CorruptDataException && !HidesDefect(fault);

    /// <summary>Of the state of a source: also that it is not what its functions declare.</summary>
    public static bool IsSourceState(Exception fault) => fault is StateSchemaException || IsCorrupt(fault);

    /// <summary>Of a source: the event can not be decoded, or its key is null.</summary>
    public static bool IsFailedSource(Exception fault) => IsFailedForeign(fault) && !HidesDefect(fault);

    /// <summary>The same of types that a serializer of others decodes: what it throws is its own affair.</summary>
    public static bool IsFailedForeign(Exception fault) => fault is CorruptDataException
        || (fault is SourceFailedException { InnerException: { } cause } && cause
            is CorruptDataException or EventVersionException or InvalidOperationException { Source: "Weir.Engine" });

    /// <summary>Of a key group: also what the functions of the samples are allowed to throw.</summary>
    public static bool IsFailedGroup(Exception fault) => !HidesDefect(fault) && (
        fault is CorruptDataException or StateSchemaException
        || (fault is OperatorFailedException { InnerException: { } cause } && cause
            is CorruptDataException or OverflowException or InvalidOperationException { Source: "Weir.Engine" }));

    public static bool IsCorruptLog(Exception fault) =>
        fault is EventLogException { Error: EventLogError.Corrupt } || IsCorrupt(fault);

    public static bool IsCorruptSink(Exception fault) => fault is SinkException { Error: SinkError.Corrupt };

    public static bool IsInvalidValue(Exception fault) =>
        fault is WeirException { Error: WeirError.InvalidValue } && !HidesDefect(fault);

    /// <summary>Whether an exception is around one that says that a decoder was wrong, not its input.</summary>
    private static bool HidesDefect(Exception fault)
    {
        for (Exception? inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is IndexOutOfRangeException or NullReferenceException or InvalidCastException
                or OutOfMemoryException or KeyNotFoundException or InsufficientExecutionStackException
                or ArrayTypeMismatchException or DivideByZeroException or AccessViolationException)
                return true;
        }

        return false;
    }
}
