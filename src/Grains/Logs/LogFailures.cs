namespace Weir.Grains.Logs;

using Weir.Contracts;
using Weir.Protocol.Logs;

/// <summary>Says to callers in other processes what a log said: the same sentence under the contract's own codes.
/// </summary>
internal static class LogFailures
{
    /// <summary>Runs a request to the log; its failures come out as <see cref="WeirException"/>s.</summary>
    public static async Task<T> ToWeirAsync<T>(Func<Task<T>> request)
    {
        try
        {
            return await request();
        }
        catch (Exception failure) when (Translate(failure) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>Runs a request without an answer.</summary>
    public static Task ToWeirAsync(Func<Task> request) => ToWeirAsync(async () =>
    {
        await request();
        return true;
    });

    /// <summary>The exception for callers, or null if it is not the log's. The cause stays here: other processes may
    /// not have its type.</summary>
    public static WeirException? Translate(Exception failure) => failure switch
    {
        EventLogException refusal => new WeirException(CodeOf(refusal.Error), refusal.Message),
        ObjectDisposedException => new WeirException(
            WeirError.Unavailable, "The event log of this silo is closed: it is stopping. Repeat the request."),
        _ => null,
    };

    private static WeirError CodeOf(EventLogError error) => error switch
    {
        EventLogError.UnknownTopic => WeirError.UnknownTopic,
        EventLogError.TopicConflict => WeirError.TopicConflict,
        EventLogError.Sealed => WeirError.TopicSealed,
        EventLogError.Fenced => WeirError.ProducerFenced,
        EventLogError.SequenceGap => WeirError.SequenceGap,
        EventLogError.OffsetExpired => WeirError.OffsetExpired,
        EventLogError.InvalidRequest => WeirError.InvalidRequest,
        EventLogError.Corrupt => WeirError.Corrupt,
        EventLogError.Full => WeirError.StorageFull,
        // A conflict, an outage and a release that is too old have one answer: ask again, or ask another silo.
        _ => WeirError.Unavailable,
    };
}
