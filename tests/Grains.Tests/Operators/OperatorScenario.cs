namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// A small job with its input. However it is run, it gives what the harness gives for the same input, and what an
/// oracle says where that is cheap. Its topics are named after it, so that all scenarios share a cluster.
/// </summary>
/// <remarks>Output is text that begins with its key and a space.</remarks>
public abstract class OperatorScenario : StreamJob
{
    protected OperatorScenario()
    {
        string name = GetType().Name.ToLowerInvariant();
        Input = Topic.Of<Reading>($"{name}.input").KeyedBy(static reading => reading.Key);
        Second = Topic.Of<Reading>($"{name}.second").KeyedBy(static reading => reading.Key);
        Unkeyed = Topic.Of<Reading>($"{name}.unkeyed");
        Output = Topic.Of<string>($"{name}.output");
        Extra = Topic.Of<string>($"{name}.extra");
    }

    public KeyedTopic<string, Reading> Input { get; }

    public KeyedTopic<string, Reading> Second { get; }

    /// <summary>A topic without a key: its batches go to any partition, and keys must be shuffled.</summary>
    public Topic<Reading> Unkeyed { get; }

    public Topic<string> Output { get; }

    /// <summary>Late events and side outputs, where there are any.</summary>
    public Topic<string> Extra { get; }

    /// <summary>What is sent. Default: six rounds of readings without late ones.</summary>
    public virtual IReadOnlyList<Round> Rounds => Readings.Rounds(Input, Readings.Take(360));

    public virtual int Partitions => 2;

    /// <summary>Whether it also writes to <see cref="Extra"/>.</summary>
    public virtual bool HasExtra => false;

    /// <summary>Whether it works by the ingestion clock, whose ticks then come between the rounds.</summary>
    public virtual bool UsesClock => false;

    /// <summary>The topics whose ticks are waited for. Default: all inputs, if it works by the clock.</summary>
    public virtual IEnumerable<Topic<Reading>> Ticking => UsesClock ? Inputs : [];

    /// <summary>
    /// Whether results depend on where batches end, or when they come: late events, firings before the end.
    /// </summary>
    public virtual bool KeepsBatches => UsesClock;

    /// <summary>Whether the results of a key have an order that the job promises. Default: yes.</summary>
    public virtual bool IsOrdered => true;

    /// <summary>A view whose values are compared, or null.</summary>
    public virtual View<string, long>? View => null;

    /// <summary>The output by other means than the engine's, in any order, or null.</summary>
    public virtual IEnumerable<string>? Oracle => null;

    public IEnumerable<Topic<Reading>> Inputs =>
        Rounds.SelectMany(round => round.Sends).Select(send => send.Topic).DistinctBy(topic => topic.Name);

    public IEnumerable<Reading> AllReadings => Rounds.SelectMany(round => round.Sends).SelectMany(send => send.Events);

    public IEnumerable<Topic<string>> Outputs => HasExtra ? [Output, Extra] : [Output];

    /// <summary>Whether the order between topics decides, so that it can not be replayed from sealed topics.</summary>
    public bool DependsOnArrival => Rounds.Any(round => round.After is not null);

    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    protected static string Line<T>(Windowed<string, T> result) =>
        $"{result.Key} [{result.Window.Start.Milliseconds},{result.Window.End.Milliseconds}) {result.Value}";

    protected static string Line(Reading reading) => $"{reading.Key} {reading.At} {reading.Value}";

    protected static DataStream<Reading> Timed(JobBuilder job, Topic<Reading> topic) => job
        .From(topic)
        .WithEventTime(static reading => reading.Time, Watermarks.Bounded(Readings.Disorder));

    protected KeyedStream<string, Reading> Keyed(JobBuilder job) => Timed(job, Input).KeyBy(Input.Key);

    protected KeyedStream<string, Reading> KeyedSecond(JobBuilder job) => Timed(job, Second).KeyBy(Second.Key);

    protected void Write<T>(DataStream<Windowed<string, T>> results) => results.Select(Line).To(Output);
}
