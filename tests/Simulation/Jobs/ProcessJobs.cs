namespace Weir.Simulation.Jobs;

using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Simulation.World;

/// <summary>Every event sets a timer of its key; each timer fires once, after all events before it.</summary>
public sealed class TimersOnce : SimJob
{
    private static readonly Topic<Item> Input = Topic.Of<Item>("items");
    private static readonly Topic<string> Output = Topic.Of<string>("fired");

    public override string Name => "timers";

    public override IReadOnlyList<Topic<Item>> Inputs => [Input];

    public override IReadOnlyDictionary<string, int> Partitions =>
        new Dictionary<string, int> { ["items"] = 2, ["fired"] = 2 };

    public override void Define(JobBuilder job) => job
        .KeyGroups(4)
        .From(Input)
        .WithEventTime(item => new EventTime(item.At), Watermark)
        .KeyBy(item => item.Key)
        .Process("timers", new SetTimers())
        .To(Output);

    // A timer at t fires when the watermark has reached t: what it has seen is at least everything up to t.
    public override string? Check(SimInput input, SimLog log) => Compare(
        input.Of(Input).Select(item => $"{item.Key} {item.At / 8 * 8 + 30}").Distinct(),
        Read(log, Output));

    private sealed class SetTimers : KeyedProcess<string, Item, string>
    {
        private static readonly MapSlot<long, long> Seen = State.Map<long, long>("seen");

        public override void OnEvent(Item value, IKeyContext<string, string> key)
        {
            long due = value.At / 8 * 8 + 30;
            key.Timers.Register(new EventTime(due));
            key.State(Seen)[due] = value.Value;
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            IMapState<long, long> seen = key.State(Seen);
            string mark = seen.Remove(timer.Time.Milliseconds) ? "" : " without its event";
            key.Emit($"{key.Key} {timer.Time.Milliseconds}{mark}");
        }
    }
}

/// <summary>Pairs of two inputs that are close in time.</summary>
public sealed class ClosePairs : SimJob
{
    private static readonly Topic<Item> Left = Topic.Of<Item>("left");
    private static readonly Topic<Item> Right = Topic.Of<Item>("right");
    private static readonly Topic<string> Output = Topic.Of<string>("pairs");

    public override string Name => "join";

    public override IReadOnlyList<Topic<Item>> Inputs => [Left, Right];

    public override IReadOnlyDictionary<string, int> Partitions =>
        new Dictionary<string, int> { ["left"] = 2, ["right"] = 1, ["pairs"] = 1 };

    public override void Define(JobBuilder job)
    {
        KeyedStream<string, Item> left = job.From(Left)
            .WithEventTime(item => new EventTime(item.At), Watermark)
            .KeyBy(item => item.Key);
        KeyedStream<string, Item> right = job.From(Right)
            .WithEventTime(item => new EventTime(item.At), Watermark)
            .KeyBy(item => item.Key);
        job.KeyGroups(3);
        left.Join(right)
            .Within(JoinInterval.Between(Ms(-6), Ms(9)))
            .Select("pair", (one, two) => $"{one.Key} {one.At}:{one.Value} {two.At}:{two.Value}")
            .To(Output);
    }

    public override string? Check(SimInput input, SimLog log) => Compare(
        from one in input.Of(Left)
        from two in input.Of(Right)
        where one.Key == two.Key && two.At >= one.At - 6 && two.At <= one.At + 9
        select $"{one.Key} {one.At}:{one.Value} {two.At}:{two.Value}",
        Read(log, Output));
}

/// <summary>
/// A co-partitioned job that numbers the events of each key: its output depends on the order of its input and must be
/// the same, in the same order, whatever happens.
/// </summary>
public sealed class Numbered(bool isImmediate) : SimJob
{
    private readonly KeyedTopic<string, Item> _input = Topic.Of<Item>("items").KeyedBy(item => item.Key);
    private readonly Topic<string> _output = Topic.Of<string>("numbered");

    public override string Name => isImmediate ? "immediate" : "copartitioned";

    public override IReadOnlyList<Topic<Item>> Inputs => [_input];

    public override IReadOnlyDictionary<string, int> Partitions =>
        new Dictionary<string, int> { ["items"] = 2, ["numbered"] = 2 };

    public override bool IsDeterministic => true;

    public override bool IsImmediate => isImmediate;

    public override void Define(JobBuilder job) => job
        .From(_input)
        .WithEventTime(item => new EventTime(item.At), Watermark)
        .KeyBy(_input.Key)
        .Process("number", new Number())
        .To(_output, isImmediate ? Delivery.Immediate : Delivery.Transactional);

    public override string? Check(SimInput input, SimLog log)
    {
        // The input lists each partition in order, and a key lies in one.
        var counts = new Dictionary<string, long>();
        string[] expected = [.. input.Of(_input).Select(item =>
        {
            long number = counts[item.Key] = counts.GetValueOrDefault(item.Key) + 1;
            return $"{item.Key} {number} {item.Value}";
        })];
        List<string> found = Read(log, _output);
        if (Compare(expected, found) is { } wrong)
            return wrong;
        foreach (IGrouping<string, string> key in found.GroupBy(line => line.Split(' ')[0]))
        {
            long[] numbers = [.. key.Select(line => long.Parse(line.Split(' ')[1], null))];
            if (!numbers.SequenceEqual(numbers.Order()))
                return $"the events of {key.Key} are out of order";
        }

        return null;
    }

    private sealed class Number : KeyedProcess<string, Item, string>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("count");

        public override void OnEvent(Item value, IKeyContext<string, string> key) =>
            key.Emit($"{key.Key} {++key.State(Count).Value} {value.Value}");
    }
}
