namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>Sums of a window with a trigger of its own.</summary>
public abstract class TriggeredSums : OperatorScenario
{
    protected abstract Trigger Trigger { get; }

    protected virtual WindowSpec Spec => Windows.Global();

    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Spec)
        .Trigger(Trigger)
        .Aggregate("sum", new Sum<Reading, long>(static each => each.Value))
        .Select(static each => $"{each.Key} {each.Value}")
        .To(Output);

    protected IEnumerable<string> PerKey(Func<long[], IEnumerable<long>> sums) => AllReadings
        .GroupBy(each => each.Key, each => each.Value)
        .SelectMany(key => sums([.. key]).Select(sum => $"{key.Key} {sum}"));
}

public sealed class CountTrigger : TriggeredSums
{
    public override IEnumerable<string> Oracle => PerKey(static values => Enumerable
        .Range(1, values.Length / 5)
        .Select(firing => values.Take(firing * 5).Sum()));

    protected override Trigger Trigger => Triggers.Count(5);
}

public sealed class PurgingTrigger : TriggeredSums
{
    public override IEnumerable<string> Oracle =>
        PerKey(static values => values.Chunk(3).Where(each => each.Length == 3).Select(each => each.Sum()));

    protected override Trigger Trigger => Triggers.Purging(Triggers.Count(3));
}

public sealed class EndOfStreamTrigger : TriggeredSums
{
    public override IEnumerable<string> Oracle => PerKey(static values => [values.Sum()]);

    protected override Trigger Trigger => Triggers.EndOfStream;
}

public sealed class DeltaTrigger : TriggeredSums
{
    protected override Trigger Trigger => Triggers.Delta<Reading>(8, static each => each.Value);
}

public sealed class ContinuousTrigger : TriggeredSums
{
    public override bool KeepsBatches => true;

    protected override Trigger Trigger => Triggers.ContinuousEventTime(Seconds(3));

    protected override WindowSpec Spec => Windows.Tumbling(Seconds(20));
}

public sealed class ContinuousClockTrigger : TriggeredSums
{
    public override bool UsesClock => true;

    public override IReadOnlyList<Round> Rounds =>
        [.. Readings.Rounds(Input, Readings.Take(240))[..4], Round.Quiet, Round.Quiet];

    protected override Trigger Trigger => Triggers.ContinuousProcessingTime(Seconds(2));
}

public sealed class TimeoutTrigger : TriggeredSums
{
    public override bool UsesClock => true;

    public override IReadOnlyList<Round> Rounds =>
        [.. Readings.Rounds(Input, Readings.Take(240))[..4], Round.Quiet, Round.Quiet];

    protected override Trigger Trigger => Triggers.Timeout(Triggers.Count(7), Seconds(1.5));
}

/// <summary>Fires and purges once the values of a window add up to 40.</summary>
public sealed class OwnTrigger : TriggeredSums
{
    public override IEnumerable<string> Oracle => PerKey(static values =>
    {
        var sums = new List<long>();
        long sum = 0;
        foreach (long value in values)
        {
            sum += value;
            if (sum < 40)
                continue;
            sums.Add(sum);
            sum = 0;
        }

        return sums;
    });

    protected override Trigger Trigger => new FireAt(40);

    private sealed class FireAt(long limit) : Trigger<Reading>
    {
        public override int Cells => 1;

        public override TriggerResult OnEvent(Reading value, EventTime time, ITriggerContext window)
        {
            long sum = (window[0] ?? 0) + value.Value;
            window[0] = sum >= limit ? null : sum;
            return sum >= limit ? TriggerResult.FireAndPurge : TriggerResult.Continue;
        }

        public override void Clear(ITriggerContext window) => window[0] = null;
    }
}

/// <summary>The values that an evictor leaves of a window.</summary>
public abstract class EvictedWindows : OperatorScenario
{
    protected abstract Evictor<Reading> Evictor { get; }

    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Tumbling(Seconds(10)))
        .Evict(Evictor)
        .Process("values", new ListValues())
        .To(Output);
}

public sealed class CountEvictor : EvictedWindows
{
    protected override Evictor<Reading> Evictor => Evictors.Count<Reading>(3);
}

public sealed class TimeEvictor : EvictedWindows
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => (each.Key, Start: each.At / 10_000))
        .Select(window => $"{window.Key.Key} {string.Join(',', window
            .Where(each => each.At > window.Max(other => other.At) - 4000)
            .Select(each => each.Value))}");

    protected override Evictor<Reading> Evictor => Evictors.Time<Reading>(Seconds(4));
}

public sealed class DeltaEvictor : EvictedWindows
{
    protected override Evictor<Reading> Evictor =>
        Evictors.Delta<Reading>(6, static (each, last) => Math.Abs(each.Value - last.Value));
}

/// <summary>Lets the result see even values alone, in a window that fires again and again and keeps two.</summary>
public sealed class OwnEvictor : OperatorScenario
{
    public override void Define(JobBuilder job) => Keyed(job)
        .Window(Windows.Global())
        .Trigger(Triggers.Count(4))
        .Evict(new Even())
        .Process("values", new ListValues())
        .To(Output);

    private sealed class Even : Evictor<Reading>
    {
        public override void EvictBefore(IKeptEvents<Reading> window) =>
            window.RemoveWhere(static each => each.Value.Value % 2 != 0);

        public override void EvictAfter(IKeptEvents<Reading> window) =>
            window.RemoveFirst(Math.Max(window.Events.Count - 2, 0));
    }
}
