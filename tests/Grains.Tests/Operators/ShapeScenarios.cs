namespace Weir.Grains.Tests.Operators;

using System.Collections.Concurrent;
using Weir.Engine.Aggregates;
using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>Calls of which every third fails at first.</summary>
public abstract class Enriched : OperatorScenario
{
    private readonly ConcurrentDictionary<Reading, bool> _failed = [];

    public override IEnumerable<string> Oracle => AllReadings.Select(Answer);

    protected abstract ResultOrder Order { get; }

    public override void Define(JobBuilder job) => Timed(job, Input)
        .EnrichAsync("ask", AskAsync, new EnrichOptions
        {
            Order = Order,
            Capacity = 8,
            Retry = new EnrichRetry { Delay = TimeSpan.Zero },
        })
        .To(Output);

    private static string Answer(Reading reading) => $"{reading.Key} {reading.At} is {reading.Value}";

    private async Task<string> AskAsync(Reading reading, CancellationToken cancellation)
    {
        for (long i = reading.Value % 4; i > 0; i--)
            await Task.Yield();
        if (reading.Value % 3 == 0 && _failed.TryAdd(reading, true))
            throw new InvalidOperationException("busy");
        return Answer(reading);
    }
}

public sealed class EnrichedInOrder : Enriched
{
    protected override ResultOrder Order => ResultOrder.Ordered;
}

public sealed class EnrichedAsResultsCome : Enriched
{
    public override bool IsOrdered => false;

    protected override ResultOrder Order => ResultOrder.Unordered;
}

public sealed class WindowsInGrains : OperatorScenario
{
    public override IReadOnlyList<Round> Rounds => Readings.Rounds(Input, Readings.TakeWithLate(240));

    public override bool HasExtra => true;

    public override bool KeepsBatches => true;

    public override void Define(JobBuilder job)
    {
        AggregatedStream<string, Reading, long> counts = Keyed(job)
            .Window(Windows.Tumbling(Seconds(5)).AllowLateness(Seconds(4)))
            .Aggregate("count", new Count<Reading>())
            .OneGrainPerKey();
        Write(counts);
        counts.Late.Select(Line).To(Extra);
    }
}

public sealed class FunctionsInGrains : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => each.Key)
        .SelectMany(key => key.Select((each, i) => $"{key.Key} {key.Take(i + 1).Sum(one => one.Value)}"));

    public override void Define(JobBuilder job) =>
        Keyed(job).Process("wait", new AddUp()).OneGrainPerKey().To(Output);

    private sealed class AddUp : AsyncKeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Sum = State.Value<long>("sum");

        public override async ValueTask OnEventAsync(
            Reading value, IKeyContext<string, string> key, CancellationToken cancellation)
        {
            long before = key.State(Sum).Value;
            await Task.Yield();
            key.State(Sum).Value = before + value.Value;
            key.Emit($"{key.Key} {key.State(Sum).Value}");
        }
    }
}

public sealed class IntervalJoinsInGrains : TwoTopics
{
    public override IEnumerable<string> Oracle => PairsThat(Meet);

    public override void Define(JobBuilder job) => Keyed(job)
        .Join(KeyedSecond(job))
        .Within(JoinInterval.Between(Seconds(-1), Seconds(3)))
        .Select("join", Pair)
        .OneGrainPerKey()
        .To(Output);
}

public sealed class Unions : TwoTopics
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => (each.Key, Start: each.At / 5000 * 5000))
        .Select(window => $"{window.Key.Key} [{window.Key.Start},{window.Key.Start + 5000}) {window.Count()}");

    public override void Define(JobBuilder job) => Write(Timed(job, Input)
        .Union(Timed(job, Second))
        .KeyBy(static each => each.Key)
        .Window(Windows.Tumbling(Seconds(5)))
        .Aggregate("count", new Count<Reading>()));
}

/// <summary>Steps without state, in query syntax: each reading of an even value, twice.</summary>
public sealed class StatelessSteps : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings
        .Where(each => each.Value % 2 == 0)
        .SelectMany(each => new[] { $"{each.Key} {each.At} 1", $"{each.Key} {each.At} 2" });

    public override void Define(JobBuilder job) => (
        from reading in job.From(Input)
        where reading.Value % 2 == 0
        from copy in new[] { 1, 2 }
        select $"{reading.Key} {reading.At} {copy}").To(Output);
}

/// <summary>A topic without a key: readings of a key come from all partitions.</summary>
public sealed class ShuffledWindows : OperatorScenario
{
    public override IReadOnlyList<Round> Rounds => Readings.Rounds(Unkeyed, Readings.Take(360));

    public override int Partitions => 3;

    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => (each.Key, Start: each.At / 5000 * 5000))
        .Select(window => $"{window.Key.Key} [{window.Key.Start},{window.Key.Start + 5000}) {window.Count()}");

    public override void Define(JobBuilder job) => Write(Timed(job.KeyGroups(16), Unkeyed)
        .KeyBy(static each => each.Key)
        .Window(Windows.Tumbling(Seconds(5)))
        .Aggregate("count", new Count<Reading>()));
}

/// <summary>Windows of windows: the count of each key, then the key with the most of each window.</summary>
public sealed class TwoShuffles : OperatorScenario
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => each.At / 10_000 * 10_000)
        .Select(window => window
            .GroupBy(each => each.Value)
            .Select(value => (Count: value.Count(), Value: value.Key))
            .Max())
        .Select(most => $"most {most.Count} of {most.Value}");

    public override bool IsOrdered => false;

    public override void Define(JobBuilder job) => Timed(job.KeyGroups(16), Input)
        .KeyBy(static each => each.Value)
        .Window(Windows.Tumbling(Seconds(10)))
        .Aggregate("per-value", new Count<Reading>())
        .KeyBy(static each => each.Window.Start.Milliseconds)
        .Window(Windows.Tumbling(Seconds(10)))
        .Process("most", new Most())
        .To(Output);

    private sealed class Most : WindowProcess<long, Windowed<long, long>, string>
    {
        public override void Process(IReadOnlyList<Windowed<long, long>> events, IWindowContext<long, string> window)
        {
            (long count, long value) = events.Select(each => (each.Value, each.Key)).Max();
            window.Emit($"most {count} of {value}");
        }
    }
}
