namespace Weir.Connectors.Kafka;

using Confluent.Kafka;
using Weir.Protocol.Logs;

/// <summary>What Kafka refused, in the words of logs.</summary>
internal static class KafkaFailures
{
    /// <summary>A failure of a request that concerns a partition or topic.</summary>
    public static EventLogException Of(string cluster, string what, Error error, Exception? inner = null) => new(
        error.Code switch
        {
            // What the client itself does not know may be there: it may only have lost its brokers.
            ErrorCode.UnknownTopicOrPart => EventLogError.UnknownTopic,
            ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset => EventLogError.OffsetExpired,
            _ => EventLogError.Unavailable,
        },
        $"The Kafka cluster '{cluster}' could not {what}: {error.Reason}. {AdviceFor(error.Code)}",
        inner);

    private static string AdviceFor(ErrorCode code) => code switch
    {
        ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset =>
            "Retention has removed the offset: start the job from where the topic begins now, or keep events for longer.",
        ErrorCode.TopicAuthorizationFailed or ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed =>
            "Give the user that right, or correct its name and password.",
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition =>
            "Create the topic there, or correct its name.",
        _ => "See that the brokers run and can be reached; it is tried again.",
    };
}
