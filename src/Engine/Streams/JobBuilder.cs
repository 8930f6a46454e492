namespace Weir.Engine.Streams;

using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Time;

/// <summary>Where a job states its graph, beginning with <see cref="From{T}"/>.</summary>
public sealed class JobBuilder
{
    private readonly JobGraph _graph;

    internal JobBuilder(JobGraph graph) => _graph = graph;

    /// <summary>Reads a topic.</summary>
    public SourceStream<T> From<T>(Topic<T> topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return new SourceStream<T>(_graph, _graph.Add(new SourceNode<T>(topic) { PartitionKey = topic.KeyObject }));
    }

    /// <summary>
    /// Sets the number of key groups, 1 to 32 768 (default 64): the most silos that state can spread over. It is fixed
    /// for the life of the state. Any other number than 64 makes every key pass a shuffle.
    /// </summary>
    public JobBuilder KeyGroups(int count)
    {
        _graph.GroupCount = count;
        return this;
    }
}

/// <summary>A topic as a stream, before anything is said about time.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class SourceStream<T> : DataStream<T>
{
    private readonly SourceNode<T> _source;

    internal SourceStream(JobGraph graph, SourceNode<T> source)
        : base(graph, source) => _source = source;

    /// <summary>
    /// States what becomes of an event that can not be decoded, lies in the wrong partition, or that a function before
    /// the next operator fails on. Default: the job fails. An event that is given up does not move the watermark.
    /// </summary>
    /// <param name="policy">Made by <see cref="Errors"/>.</param>
    public SourceStream<T> OnError(SourceErrorPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (_source.DeadLetters is not null)
            Graph.Fault($"The source '{_source.Topic.Name}' states OnError more than once: state it once.");
        if (policy.Topic is not { } topic)
            return this;
        _source.DeadLetters = Graph.Add(new SideNode<SourceDeadLetter>("dead-letters"), _source);
        Graph.Write(_source.DeadLetters, topic);
        return this;
    }

    /// <summary>States the time of an event, and how the watermark follows from it.</summary>
    /// <param name="timeOf">A pure function of the event.</param>
    /// <param name="watermarks">Made by <see cref="Watermarks"/>.</param>
    public DataStream<T> WithEventTime(Func<T, EventTime> timeOf, WatermarkStrategy watermarks)
    {
        ArgumentNullException.ThrowIfNull(timeOf);
        ArgumentNullException.ThrowIfNull(watermarks);
        _source.EventTimeOf = timeOf;
        _source.Watermarks = watermarks;
        return this;
    }

    /// <summary>States the time of an event, and how the watermark follows from it.</summary>
    /// <param name="timeOf">A pure function of the event.</param>
    /// <param name="watermarks">Made by <see cref="Watermarks"/>.</param>
    public DataStream<T> WithEventTime(Func<T, DateTimeOffset> timeOf, WatermarkStrategy watermarks)
    {
        ArgumentNullException.ThrowIfNull(timeOf);
        return WithEventTime(value => EventTime.From(timeOf(value)), watermarks);
    }
}
