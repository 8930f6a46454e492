namespace Weir.Grains.Jobs;

using Weir.Contracts;
using Weir.Engine.Codecs;
using Weir.Engine.State;
using Weir.Grains.Logs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sinks;
using Weir.Protocol.Sources;

/// <summary>
/// Lets a participant's failures out as <see cref="WeirException"/>s. Exceptions of other types of ours can not leave the
/// silo: whoever called from another one would learn that they have no codec, or nothing before its time is up.
/// </summary>
internal static class ParticipantFailures
{
    /// <summary>Makes a call to a participant.</summary>
    public static async Task InvokeAsync(IIncomingGrainCallContext call)
    {
        try
        {
            await call.Invoke();
        }
        catch (Exception fault) when (Translate(fault) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>The exception for callers, or null if it may leave as it is.</summary>
    public static WeirException? Translate(Exception fault) => fault switch
    {
        WeirException => null,
        CheckpointStoreException store => new WeirException(CodeOf(store.Error), store.Message),
        CorruptDataException damage => new WeirException(WeirError.Corrupt, damage.Message),
        StateSchemaException or InputChangedException => new WeirException(WeirError.IncompatibleState, fault.Message),
        SinkException sink => new WeirException(
            PermanentRefusals.Is(sink) ? WeirError.SinkRefused
            : sink.Error == SinkError.Full ? WeirError.StorageFull : WeirError.Unavailable,
            sink.Message),
        _ when LogFailures.Translate(fault) is { } translated => translated,
        _ when fault.GetType().Namespace?.StartsWith("Weir.", StringComparison.Ordinal) == true =>
            new WeirException(WeirError.JobFailed, fault.Message),
        _ => null,
    };

    private static WeirError CodeOf(CheckpointStoreError error) => error switch
    {
        CheckpointStoreError.Full => WeirError.StorageFull,
        CheckpointStoreError.NotFound or CheckpointStoreError.Corrupt => WeirError.Corrupt,
        _ => WeirError.Unavailable,
    };
}
