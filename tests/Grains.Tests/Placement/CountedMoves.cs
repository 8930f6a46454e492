namespace Weir.Grains.Tests.Placement;

using System.Collections.Concurrent;
using System.Diagnostics;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;

/// <summary>Numbers the clicks of each user, behind a shuffle: what is lost or counted twice shows in the numbers.</summary>
public sealed class CountedMoves : StreamJob
{
    public static readonly KeyedTopic<string, Click> Clicks = Topic.Of<Click>("moved-clicks").KeyedBy(click => click.Page);
    public static readonly Topic<Number> Numbers = Topic.Of<Number>("numbers");
    public static readonly View<string, Number> Last = new("last-number");

    public override string Name => "counted-moves";

    public override void Define(JobBuilder job) => job
        .From(Clicks)
        .KeyBy(click => click.User)
        .Process("number", new Count())
        .PublishAs(Last)
        .To(Numbers);

    public sealed record Number(string User, long Value);

    private sealed class Count : KeyedProcess<string, Click, Number>
    {
        private static readonly ValueSlot<long> Counted = State.Value<long>("count");

        public override void OnEvent(Click value, IKeyContext<string, Number> key)
        {
            Pauses.Note(key.Key);
            key.Emit(new Number(key.Key, ++key.State(Counted).Value));
        }
    }
}

/// <summary>For how long nothing was applied to a key, at most, since the last <see cref="Clear"/>.</summary>
public static class Pauses
{
    private static readonly ConcurrentDictionary<string, (long Last, TimeSpan Longest)> Keys = new();

    public static IReadOnlyList<TimeSpan> Longest => [.. Keys.Values.Select(each => each.Longest).Order()];

    public static void Note(string key) => Keys.AddOrUpdate(
        key,
        _ => (Stopwatch.GetTimestamp(), TimeSpan.Zero),
        (_, before) =>
        {
            TimeSpan pause = Stopwatch.GetElapsedTime(before.Last);
            return (Stopwatch.GetTimestamp(), pause > before.Longest ? pause : before.Longest);
        });

    public static void Clear()
    {
        foreach (string key in Keys.Keys)
            Keys[key] = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
    }
}
