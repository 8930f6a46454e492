namespace Weir.Benchmarks.Nexmark.Runs;

using Weir.Benchmarks.Nexmark.Generation;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Client;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// The input as it lies in a log before any job runs: all events, appended in batches and sealed. What it costs to make
/// and append them so is no part of what is measured.
/// </summary>
internal static class InputLog
{
    /// <summary>Events per batch; each goes to the next of the partitions.</summary>
    public const int BatchEvents = 500;

    // However many events there are, the clock goes on by at least some windows of 10 s while they are appended: of a
    // million, in two seconds, by two minutes.
    private const double PaceOfOneEvent = 60_000_000;

    /// <summary>Appends what the queries read to a new log in a directory.</summary>
    public static async Task WriteAsync(
        string directory, IEnumerable<NexmarkQuery> queries, NexmarkGenerator generator, long events)
    {
        Directory.CreateDirectory(directory);
        var clock = new InputClock(Math.Max(1, PaceOfOneEvent / events));
        await using BenchSilo silo = await BenchSilo.StartAsync(directory, [], clock);
        Topic<NexmarkEvent>[] topics = [.. queries.Select(query => query.Input).Distinct()];
        foreach (Topic<NexmarkEvent> topic in topics)
        {
            await silo.Client.CreateTopicAsync(topic);
            await using Producer<NexmarkEvent> producer = silo.Client.CreateProducer(topic);
            foreach (NexmarkEvent[] batch in generator.Batches(0, events, BatchEvents))
                await producer.SendBatchAsync(batch);
        }

        clock.Stop();
        foreach (Topic<NexmarkEvent> topic in topics)
            await silo.Client.SealAsync(topic);
        await File.WriteAllTextAsync(
            ClockFile(directory), $"{EventTime.From(clock.GetUtcNow()).Milliseconds}");
    }

    /// <summary>Gives an oracle what only the log knows: when each bid was appended.</summary>
    public static async Task CopyStampsAsync(string directory, IWeirClient client, OracleDatabase oracle)
    {
        string final = await File.ReadAllTextAsync(ClockFile(directory));
        await oracle.LoadStampsAsync(
            ReadStampsAsync(client),
            new EventTime(long.Parse(final, System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static string ClockFile(string directory) => Path.Combine(directory, "clock");

    private static async IAsyncEnumerable<(long Bidder, EventTime Stamp)> ReadStampsAsync(IWeirClient client)
    {
        if (await client.FindTopicAsync(NexmarkTopics.ByActor) is null)
            yield break;
        await foreach (TopicEvent<NexmarkEvent> each in client.ReadAsync(NexmarkTopics.ByActor))
        {
            if (each.Value.Bid is { } bid)
                yield return (bid.Bidder, each.Stamp);
        }
    }
}
