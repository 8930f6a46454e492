namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>The event of all scenarios; a rule, a version and a payment are readings as well.</summary>
/// <param name="Key">Who it is of.</param>
/// <param name="At">When it was, in milliseconds.</param>
/// <param name="Value">A number.</param>
public sealed record Reading(string Key, long At, long Value)
{
    public EventTime Time => new(At);
}

/// <summary>What is sent at one moment of the ingestion clock; moments are a second apart.</summary>
/// <param name="Sends">Events by topic; those of a partition are one batch.</param>
public sealed record Round(params (Topic<Reading> Topic, Reading[] Events)[] Sends)
{
    /// <summary>
    /// The watermark that the job's first operator has reached before this is sent: what comes then is late on every
    /// run. Null if the order between topics plays no part.
    /// </summary>
    public EventTime? After { get; init; }

    /// <summary>Time goes on and nothing is sent.</summary>
    public static Round Quiet { get; } = new();
}

internal static class Readings
{
    /// <summary>How far readings are out of order at most.</summary>
    public static TimeSpan Disorder => TimeSpan.FromSeconds(2);

    /// <summary>
    /// Readings of 12 keys, one every 100 ms and out of order by less than 2 s, with a pause of 10 s after every 90.
    /// </summary>
    public static Reading[] Take(int count, int from = 0) => [.. Enumerable.Range(from, count).Select(i => new Reading(
        $"k{i * 7 % 12}", 10_000 + i * 100 + i / 90 * 10_000 - i * 37 % 1900, i * 31 % 17))];

    /// <summary>The same where every 11th from the second round on is 8 s too old, which is late.</summary>
    public static Reading[] TakeWithLate(int count) =>
        [.. Take(count).Select((each, i) => i > 60 && i % 11 == 0 ? each with { At = each.At - 8000 } : each)];

    /// <summary>Six rounds of one topic.</summary>
    public static Round[] Rounds(Topic<Reading> topic, Reading[] readings) =>
        [.. readings.Chunk((readings.Length + 5) / 6).Select(events => new Round((topic, events)))];

    /// <summary>Six rounds of two topics.</summary>
    public static Round[] Rounds((Topic<Reading> Topic, Reading[] Events) one, (Topic<Reading>, Reading[]) two) =>
    [
        .. Rounds(one.Topic, one.Events)
            .Zip(Rounds(two.Item1, two.Item2), (left, right) => new Round([.. left.Sends, .. right.Sends])),
    ];
}
