namespace Weir.Benchmarks.Service.Jobs;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>An event of 24 bytes: an amount for a key.</summary>
public readonly record struct Addition(long Key, long Amount, EventTime At);

/// <summary>The topics of additions: jobs that read the first take it as it is, those of the second shuffle it.</summary>
public static class Additions
{
    public static readonly KeyedTopic<long, Addition> Keyed = Topic.Of<Addition>("additions").KeyedBy(each => each.Key);

    public static readonly Topic<Addition> Unkeyed = Topic.Of<Addition>("unkeyed-additions");

    // Neighbours in time are none in the tables.
    private const long Step = 7919;

    /// <summary>One addition of 1 to every key, so that it has state.</summary>
    public static IEnumerable<Addition> First(int keys) =>
        Enumerable.Range(0, keys).Select(key => new Addition(key, 1, default));

    /// <summary>Additions of 1, round and round over all keys.</summary>
    public static IEnumerable<Addition> Scattered(int keys, int events) =>
        Enumerable.Range(0, events).Select(i => new Addition(i * Step % keys, 1, default));

    /// <summary>Additions of 1, of which 9 in 10 go to key 0 and the others round and round over all keys.</summary>
    public static IEnumerable<Addition> Hot(int keys, int events) =>
        Enumerable.Range(0, events).Select(i => new Addition(i % 10 == 0 ? i * Step % keys : 0, 1, default));
}
