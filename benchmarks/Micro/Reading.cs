namespace Weir.Benchmarks.Micro;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>An event that is copied as it is: 24 bytes.</summary>
public readonly record struct Reading(long Key, long Amount, EventTime At)
{
    internal const int Keys = 1000;

    internal static readonly KeyedTopic<long, Reading> Input = Topic.Of<Reading>("readings").KeyedBy(each => each.Key);

    /// <summary>Events of 1000 keys, 100 in each millisecond.</summary>
    internal static Reading[] Many(int count, int keys = Keys) =>
        [.. Enumerable.Range(0, count).Select(i => new Reading(i * 7919L % keys, i, new EventTime(i / 100)))];
}

/// <summary>An event that is written member by member, with texts.</summary>
public sealed record Order(long Account, long Cents, EventTime At, string Item, string City)
{
    internal static Order Of(int number) =>
        new(number * 7919L % Reading.Keys, number, new EventTime(number / 100), "A chair of oak", "Buenos Aires");
}
