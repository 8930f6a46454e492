namespace Weir.Contracts;

/// <summary>Why a request was refused or failed.</summary>
public enum WeirError
{
    /// <summary>There is no topic of that name; create it first.</summary>
    UnknownTopic = 0,

    /// <summary>A topic of that name exists with other partitions or another event type.</summary>
    TopicConflict = 1,

    /// <summary>The topic is sealed: it takes no more events.</summary>
    TopicSealed = 2,

    /// <summary>A newer incarnation of the producer has sent; this one must stop.</summary>
    ProducerFenced = 3,

    /// <summary>Sequences of a producer are missing, or the log has forgotten the producer.</summary>
    SequenceGap = 4,

    /// <summary>The offset asked for is no longer retained.</summary>
    OffsetExpired = 5,

    /// <summary>The storage is full; nothing was stored.</summary>
    StorageFull = 6,

    /// <summary>Stored bytes are damaged.</summary>
    Corrupt = 7,

    /// <summary>The service or its storage did not answer; repeating the request is safe.</summary>
    Unavailable = 8,

    /// <summary>The request itself is wrong; the message says how.</summary>
    InvalidRequest = 9,

    /// <summary>No silo hosts a job of that name.</summary>
    UnknownJob = 10,

    /// <summary>The job has no operator or view of that name.</summary>
    UnknownOperator = 11,

    /// <summary>The text or value is not a key, or an event, of the type asked for.</summary>
    InvalidValue = 12,

    /// <summary>The job does not run, so the request has nobody to answer it.</summary>
    JobNotRunning = 13,

    /// <summary>The job has failed; the message says at which operator, key, topic, partition and offset.</summary>
    JobFailed = 14,

    /// <summary>The key is not in quarantine, so there is nothing to release or discard.</summary>
    NotQuarantined = 15,

    /// <summary>The job has no such checkpoint or savepoint, or no longer; the message says which there are.</summary>
    UnknownCheckpoint = 16,

    /// <summary>A savepoint of that name exists.</summary>
    SavepointConflict = 17,

    /// <summary>
    /// The job can not be started from that checkpoint as it is: state is left over, or the output needs a decision.
    /// </summary>
    IncompatibleState = 18,

    /// <summary>A sink will never take what the job gives it; the message says why.</summary>
    SinkRefused = 19,
}

/// <summary>A request to Weir was refused or failed. The message says what was wrong, where, and what to do.</summary>
[GenerateSerializer]
[Alias("Weir.WeirException")]
public sealed class WeirException : Exception
{
    /// <summary>A refusal or failure.</summary>
    public WeirException(WeirError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <summary>Why.</summary>
    [Id(0)]
    public WeirError Error { get; private set; }
}
