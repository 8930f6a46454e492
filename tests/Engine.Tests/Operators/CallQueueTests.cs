namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Tables of what reaches a queue and what goes out: a letter adds a call, a letter with '!' finishes it, |5| is a step
/// of time, |5| with 'i' an idle one.
/// </summary>
public sealed class CallQueueTests
{
    [Theory]
    [InlineData("a b a! b!", "a b")]
    [InlineData("a b b!", "")]
    [InlineData("a b c b! c! a!", "a b c")]
    [InlineData("a |5| b b! a!", "a |5| b")]
    [InlineData("a |5| |6| b a!", "a |6|")]
    [InlineData("|5| |6| a", "|5| |6|")]
    [InlineData("a |5| |5i| |6| a!", "a |5| |5i| |6|")]
    [InlineData("a |5| |end| a!", "a |5| |end|")]
    public void Ordered_KeepsTheOrder(string input, string output) =>
        Assert.Equal(output, Play(ResultOrder.Ordered, 100, input));

    [Theory]
    [InlineData("a b b! a!", "b a")]
    [InlineData("a b |5| c c! b! a!", "b a |5| c")]
    [InlineData("a b |5| c d e d! c! a! b! e!", "a b |5| d c e")]
    [InlineData("a |5| b |6| c c! b! a!", "a |5| b |6| c")]
    [InlineData("a |5| b |6| c c! a!", "a |5|")]
    [InlineData("a |5| |6| b b!", "")]
    [InlineData("|5| a b b!", "|5| b")]
    public void Unordered_NeverCrossesAStepOfTime(string input, string output) =>
        Assert.Equal(output, Play(ResultOrder.Unordered, 100, input));

    [Theory]
    [InlineData("Ordered", "a b c d b! c!", "a b", "")]
    [InlineData("Ordered", "a b c d b! a!", "a b c d", "a b")]
    [InlineData("Unordered", "a b c d b!", "a b c", "b")]
    [InlineData("Unordered", "a |5| b c b!", "a b", "")]
    public void Capacity_BoundsWhatHasBegunAndNotGoneOut(string order, string input, string begun, string output)
    {
        var queue = new Played(Enum.Parse<ResultOrder>(order), 2);
        Assert.Equal(output, queue.Play(input));
        Assert.Equal(begun, string.Join(' ', queue.Begun));
    }

    [Fact]
    public void Room_IsWhereAFurtherCallCouldBegin_AndStepsOfTimeAreFew()
    {
        var queue = new Played(ResultOrder.Ordered, 2);
        bool[] room = [.. "a b a! |1| |1i| |2| |2i| |3| b!".Split(' ').Select(step =>
        {
            queue.Play(step);
            return queue.HasRoom;
        })];
        Assert.Equal([true, false, true, true, true, true, true, false, true], room);
    }

    [Fact]
    public void AnyOrderOfFinishing_LosesNothing_AndKeepsTheSteps() => Gen
        .Select(Gen.Enum<ResultOrder>(), Gen.Int[1, 5], Gen.Select(Gen.Int[0, 3], Gen.Int[0, 100]).Array[0, 60])
        .Sample((order, capacity, steps) =>
        {
            var queue = new CallQueue(order, capacity);
            var begun = new List<Call>();
            List<string> input = [];
            List<string> output = [];
            int added = 0;
            int held = 0;
            foreach ((int kind, int number) in steps)
            {
                if (kind == 0)
                {
                    queue.AddStep(new EventTime(added), new EventTime(added), added % 2 == 0);
                    input.Add($"|{added}|");
                }
                else if (kind < 3)
                {
                    queue.Add(new Call($"{added}"));
                    input.Add($"{added++}");
                }
                else if (begun.Count > 0)
                {
                    queue.Finish(begun[number % begun.Count]);
                    begun.RemoveAt(number % begun.Count);
                }

                Turn();
            }

            while (begun.Count > 0)
            {
                queue.Finish(begun[^1]);
                begun.RemoveAt(begun.Count - 1);
                Turn();
            }

            Assert.Equal(0, queue.Count);
            Assert.Equal(Comparable(order, input), Comparable(order, output));

            void Turn()
            {
                while (queue.TryTake(out QueueEntry entry))
                {
                    output.Add(entry.Call is Call call ? call.Name : $"|{entry.Watermark.Milliseconds}|");
                    held -= entry.Call is null ? 0 : 1;
                }

                while (queue.TryBegin(out PendingCall? call))
                {
                    begun.Add((Call)call);
                    held++;
                }

                Assert.InRange(held, 0, capacity);
            }
        });

    /// <summary>Equal steps in a row may be merged; unordered, what lies between two steps is in any order.</summary>
    private static string[] Comparable(ResultOrder order, List<string> entries)
    {
        IEnumerable<string> merged = entries.Where((entry, i) => i == 0 || entry != entries[i - 1]);
        if (order == ResultOrder.Ordered)
            return [.. merged];
        int segment = 0;
        return [.. merged
            .Select(entry => (Segment: entry[0] == '|' ? ++segment : segment, Entry: entry))
            .OrderBy(each => each.Segment)
            .ThenByDescending(each => each.Entry[0] == '|')
            .ThenBy(each => each.Entry, StringComparer.Ordinal)
            .Select(each => each.Entry)];
    }

    private static string Play(ResultOrder order, int capacity, string input) =>
        new Played(order, capacity).Play(input);

    private sealed class Call(string name) : PendingCall(T(0))
    {
        public string Name => name;

        public override Task<object?> AttemptAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public override bool IsRetried(object? result) => throw new NotSupportedException();
    }

    private sealed class Played(ResultOrder order, int capacity)
    {
        private readonly CallQueue _queue = new(order, capacity);
        private readonly Dictionary<string, Call> _calls = [];

        public List<string> Begun { get; } = [];

        public bool HasRoom => _queue.HasRoom;

        public string Play(string input)
        {
            List<string> output = [];
            foreach (string step in input.Split(' '))
            {
                Add(step);
                while (_queue.TryTake(out QueueEntry entry))
                    output.Add(Text(in entry));
                while (_queue.TryBegin(out PendingCall? call))
                    Begun.Add(((Call)call).Name);
            }

            return string.Join(' ', output);
        }

        private void Add(string step)
        {
            if (step == "|end|")
                _queue.AddStep(EventTime.MaxValue, T(0), idle: false);
            else if (step[0] == '|')
                _queue.AddStep(T(step[1] - '0'), T(0), idle: step[2] == 'i');
            else if (step.Length == 1)
                _queue.Add(_calls[step] = new Call(step));
            else
                _queue.Finish(_calls[step[..1]]);
        }

        private static string Text(in QueueEntry entry)
        {
            if (entry.Call is Call call)
                return call.Name;
            return entry.Watermark == EventTime.MaxValue
                ? "|end|"
                : $"|{entry.Watermark.Milliseconds}{(entry.IsIdle ? "i" : "")}|";
        }
    }
}
