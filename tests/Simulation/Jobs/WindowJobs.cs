namespace Weir.Simulation.Jobs;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using Weir.Simulation.World;

/// <summary>A shuffle and a sum per window.</summary>
public sealed class TumblingSums : SimJob
{
    private static readonly Topic<Item> Input = Topic.Of<Item>("items");
    private static readonly Topic<Windowed<string, long>> Output = Topic.Of<Windowed<string, long>>("sums");

    public override string Name => "tumbling";

    public override IReadOnlyList<Topic<Item>> Inputs => [Input];

    public override IReadOnlyDictionary<string, int> Partitions =>
        new Dictionary<string, int> { ["items"] = 3, ["sums"] = 2 };

    public override void Define(JobBuilder job) => job
        .KeyGroups(4)
        .From(Input)
        .WithEventTime(item => new EventTime(item.At), Watermark)
        .KeyBy(item => item.Key)
        .Window(Windows.Tumbling(Ms(40)))
        .Aggregate("sum", new Sum<Item, long>(item => item.Value))
        .To(Output);

    public override string? Check(SimInput input, SimLog log) => Compare(
        input.Of(Input)
            .GroupBy(item => (item.Key, Start: item.At / 40 * 40))
            .Select(each => $"{each.Key.Key} {each.Key.Start} {each.Sum(item => item.Value)}"),
        Read(log, Output).Select(each => $"{each.Key} {each.Window.Start.Milliseconds} {each.Value}"));
}

/// <summary>Sums of sessions.</summary>
public sealed class SessionSums : SimJob
{
    private const int Gap = 12;
    private static readonly Topic<Item> Input = Topic.Of<Item>("items");
    private static readonly Topic<Windowed<string, long>> Output = Topic.Of<Windowed<string, long>>("sessions");

    public override string Name => "sessions";

    public override IReadOnlyList<Topic<Item>> Inputs => [Input];

    public override IReadOnlyDictionary<string, int> Partitions =>
        new Dictionary<string, int> { ["items"] = 2, ["sessions"] = 1 };

    public override void Define(JobBuilder job) => job
        .KeyGroups(3)
        .From(Input)
        .WithEventTime(item => new EventTime(item.At), Watermark)
        .KeyBy(item => item.Key)
        .Window(Windows.Session(Ms(Gap)))
        .Aggregate("sum", new Sum<Item, long>(item => item.Value))
        .To(Output);

    public override string? Check(SimInput input, SimLog log) => Compare(
        input.Of(Input).GroupBy(item => item.Key).SelectMany(Sessions),
        Read(log, Output).Select(each => $"{each.Key} {each.Window.Start.Milliseconds} {each.Value}"));

    private static IEnumerable<string> Sessions(IGrouping<string, Item> items)
    {
        long start = 0;
        long last = 0;
        long sum = 0;
        bool isOpen = false;
        foreach (Item item in items.OrderBy(item => item.At))
        {
            // Sessions that touch, [0, 12) and [12, 24), are one.
            if (isOpen && item.At > last + Gap)
            {
                yield return $"{items.Key} {start} {sum}";
                isOpen = false;
            }

            if (!isOpen)
                (start, sum) = (item.At, 0);
            isOpen = true;
            last = item.At;
            sum += item.Value;
        }

        if (isOpen)
            yield return $"{items.Key} {start} {sum}";
    }
}

/// <summary>Two shuffles in a row: sums per key and window, then the sum of all keys per window.</summary>
public sealed class ChainedSums : SimJob
{
    private static readonly Topic<Item> Input = Topic.Of<Item>("items");
    private static readonly Topic<Windowed<long, long>> Output = Topic.Of<Windowed<long, long>>("totals");

    public override string Name => "chained";

    public override IReadOnlyList<Topic<Item>> Inputs => [Input];

    public override IReadOnlyDictionary<string, int> Partitions =>
        new Dictionary<string, int> { ["items"] = 2, ["totals"] = 2 };

    public override void Define(JobBuilder job) => job
        .KeyGroups(3)
        .From(Input)
        .WithEventTime(item => new EventTime(item.At), Watermark)
        .KeyBy(item => item.Other)
        .Window(Windows.Tumbling(Ms(50)))
        .Aggregate("per-key", new Sum<Item, long>(item => item.Value))
        .KeyBy(sum => sum.Window.Start.Milliseconds)
        .Window(Windows.Tumbling(Ms(50)))
        .Aggregate("total", new Sum<Windowed<string, long>, long>(sum => sum.Value))
        .To(Output);

    public override string? Check(SimInput input, SimLog log) => Compare(
        input.Of(Input).GroupBy(item => item.At / 50 * 50).Select(each => $"{each.Key} {each.Sum(item => item.Value)}"),
        Read(log, Output).Select(each => $"{each.Key} {each.Value}"));
}

/// <summary>Amounts go from key to key; at the end each key has its balance, and all of them are zero together.</summary>
public sealed class Transfers : SimJob
{
    private static readonly Topic<Item> Input = Topic.Of<Item>("items");
    private static readonly Topic<Windowed<string, long>> Output = Topic.Of<Windowed<string, long>>("balances");

    public override string Name => "transfers";

    public override IReadOnlyList<Topic<Item>> Inputs => [Input];

    public override IReadOnlyDictionary<string, int> Partitions =>
        new Dictionary<string, int> { ["items"] = 3, ["balances"] = 1 };

    public override void Define(JobBuilder job) => job
        .KeyGroups(4)
        .From(Input)
        .WithEventTime(item => new EventTime(item.At), Watermark)
        .SelectMany(item => (Item[])[item with { Value = -item.Value }, item with { Key = item.Other }])
        .KeyBy(item => item.Key)
        .Window(Windows.Global())
        .Trigger(Triggers.EndOfStream)
        .Aggregate("balance", new Sum<Item, long>(item => item.Value))
        .To(Output);

    public override string? Check(SimInput input, SimLog log)
    {
        List<Windowed<string, long>> found = Read(log, Output);
        long total = found.Sum(each => each.Value);
        if (total != 0)
            return $"the balances add up to {total}";
        var balances = new Dictionary<string, long>();
        foreach (Item item in input.Of(Input))
        {
            balances[item.Key] = balances.GetValueOrDefault(item.Key) - item.Value;
            balances[item.Other] = balances.GetValueOrDefault(item.Other) + item.Value;
        }

        return Compare(
            balances.Select(each => $"{each.Key} {each.Value}"), found.Select(each => $"{each.Key} {each.Value}"));
    }
}
