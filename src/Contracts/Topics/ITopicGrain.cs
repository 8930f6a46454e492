namespace Weir.Contracts.Topics;

using Orleans.Concurrency;

/// <summary>
/// A topic as a whole; its grain key is the topic's name after <c>t:</c>. It has no state of its own, the log decides.
/// All failures are <see cref="WeirException"/>s.
/// </summary>
[Alias("Weir.ITopicGrain")]
public interface ITopicGrain : IGrainWithStringKey
{
    /// <summary>Creates the topic, or returns it if it exists with the same partition count and event type.</summary>
    [Alias("Create")]
    Task<TopicDescription> CreateAsync(TopicDefinition definition);

    /// <summary>The topic and the extent of its partitions, or null if there is none.</summary>
    [Alias("Describe")]
    Task<TopicDescription?> DescribeAsync();

    /// <summary>
    /// Ends every partition: watermarks become the maximum and further sends are refused. May be repeated.
    /// </summary>
    [Alias("Seal")]
    Task SealAsync();

    /// <summary>Reads batches of a partition from an offset on; an empty answer at the end.</summary>
    [Alias("Read")]
    Task<WireFetch> ReadAsync(ReadRequest request);

    /// <summary>
    /// Reads events of a partition from an offset on as JSON, for tools that do not have the event's type.
    /// </summary>
    [Alias("ReadJson")]
    Task<JsonFetch> ReadJsonAsync(ReadRequest request);

    /// <summary>
    /// Appends events given as JSON texts, in order, each to the partition of its key. All are checked before any is
    /// stored; a text that is not an event of the topic is <see cref="WeirError.InvalidValue"/> and names its position.
    /// </summary>
    [Alias("SendJson")]
    Task<WireReceipt[]> SendJsonAsync([Immutable] string[] events);
}

/// <summary>Appends to one partition; its grain key is <c>t:topic/partition</c>.</summary>
[Alias("Weir.IAppendGrain")]
public interface IAppendGrain : IGrainWithStringKey
{
    /// <summary>Appends batches durably, in order, all or none.</summary>
    [Alias("Append")]
    [ResponseTimeout("00:00:05")]
    Task<WireReceipt> AppendAsync([Immutable] WireAppend append);

    /// <summary>The last sequence that the log has of a producer, or null.</summary>
    [Alias("LastSequence")]
    [ResponseTimeout("00:00:05")]
    Task<long?> LastSequenceAsync(string producer);

    /// <summary>Keeps the partition's ingestion clock ticking for a minute, while a job reads it.</summary>
    [Alias("LeaseTicks")]
    Task LeaseTicksAsync();
}
