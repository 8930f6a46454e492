namespace Weir.Grains.Jobs;

using Weir.Contracts;
using Weir.Engine.State;
using Weir.Protocol.Logs;
using Weir.Protocol.Sinks;
using Weir.Protocol.Sources;

/// <summary>
/// Tells what no restart can heal from what may pass. Invariant: whatever could be otherwise in the next epoch is left
/// to the restart strategy; what can not fails the job once, with the reason.
/// </summary>
/// <remarks>
/// A disk that is full, a database that does not answer and a function that throws may be otherwise next time. State
/// that the job can not read, a sink that will never take an event, and input that is gone or another are the same in
/// every epoch until a person has done something.
/// </remarks>
internal static class PermanentRefusals
{
    public static bool Is(Exception fault) => fault switch
    {
        StateSchemaException or InputChangedException => true,
        SinkException sink => sink.Error is SinkError.Refused or SinkError.Gap or SinkError.Corrupt,
        EventLogException log => log.Error is EventLogError.UnknownTopic or EventLogError.TopicConflict
            or EventLogError.Sealed or EventLogError.SequenceGap or EventLogError.OffsetExpired
            or EventLogError.InvalidRequest or EventLogError.Incompatible,
        WeirException weir => weir.Error is WeirError.IncompatibleState or WeirError.SinkRefused
            or WeirError.UnknownTopic or WeirError.TopicConflict or WeirError.TopicSealed or WeirError.SequenceGap
            or WeirError.OffsetExpired or WeirError.InvalidRequest,
        AggregateException many => many.InnerExceptions.Any(Is),
        _ => false,
    };
}
