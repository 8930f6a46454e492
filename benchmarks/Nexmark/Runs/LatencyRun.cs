namespace Weir.Benchmarks.Nexmark.Runs;

using System.Diagnostics;
using Weir.Benchmarks.Nexmark.Generation;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Time;

/// <summary>
/// One query while events come at a rate. The latency of a result is from the stamp of the append that it waited for (its
/// event, or the one that brought the watermark there) to the stamp of its own append, from which on it is visible: both
/// are clocks of this process, in milliseconds. The sender makes and encodes the events in the same process.
/// </summary>
internal sealed class LatencyRun(NexmarkQuery query, NexmarkGenerator generator, double eventsPerSecond)
{
    private const int BatchesPerSecond = 200;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Runs for a time, over a new directory.</summary>
    public async Task<Latency?> RunAsync(string directory, TimeSpan time)
    {
        await using BenchSilo silo = await BenchSilo.StartAsync(directory, [query]);
        TopicDescription topic = await silo.Client.CreateTopicAsync(query.Input);
        await silo.Client.StartJobAsync(query.JobName);
        DateTimeOffset counted = DateTimeOffset.UtcNow + Settling;
        await SendAsync(silo.Client, time);
        EventTime ended = EventTime.From(DateTimeOffset.UtcNow);
        await silo.Client.SealAsync(query.Input);
        await silo.Client.WaitForJobAsync(query.JobName, JobState.Finished);

        var stamps = new InputStamps(topic.Partitions.Length);
        await foreach (TopicEvent<NexmarkEvent> each in silo.Client.ReadAsync(query.Input))
            stamps.Add(each.Partition, each.Value.At, each.Stamp);
        List<double> delays = [];
        await foreach (Visible visible in query.ReadDelaysAsync(silo.Client))
        {
            if (stamps.Of(visible.Due) is { } since && since >= EventTime.From(counted) && since <= ended)
                delays.Add((visible.Stamp - since).TotalMilliseconds);
        }

        delays.Sort();
        return delays.Count == 0 ? null : new Latency(delays.Count, At(delays, 0.5), At(delays, 0.99));
    }

    private async Task SendAsync(IWeirClient client, TimeSpan time)
    {
        int size = Math.Max(1, (int)(eventsPerSecond / BatchesPerSecond));
        await using Producer<NexmarkEvent> producer = client.CreateProducer(query.Input);
        long sent = 0;
        long began = Stopwatch.GetTimestamp();
        foreach (NexmarkEvent[] batch in generator.Batches(0, long.MaxValue, size))
        {
            while (sent > Stopwatch.GetElapsedTime(began).TotalSeconds * eventsPerSecond)
                await Task.Delay(Pause);
            if (Stopwatch.GetElapsedTime(began) >= time)
                break;
            await producer.SendBatchAsync(batch);
            sent += batch.Length;
        }
    }

    private static double At(List<double> sorted, double part) => sorted[(int)(part * (sorted.Count - 1))];
}
