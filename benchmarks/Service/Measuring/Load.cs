namespace Weir.Benchmarks.Service.Measuring;

using System.Diagnostics;
using Weir.Benchmarks.Service.Jobs;
using Weir.Client;

/// <summary>
/// Additions that come at a rate, round and round over a range of keys, until it is ended. The sender is part of the load:
/// it runs in the process of the silo, also where capacity is measured.
/// </summary>
internal sealed class Load
{
    private const int BatchesPerSecond = 200;
    private const int CapacityBatch = 2000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Sustained = TimeSpan.FromSeconds(4);

    private readonly BenchSilo _silo;
    private readonly LoadKeys _keys;
    private readonly double _rate;
    private readonly Task<long> _sending;
    private readonly long _began = Stopwatch.GetTimestamp();
    private volatile bool _isEnded;

    private Load(BenchSilo silo, LoadKeys keys, double rate)
    {
        _silo = silo;
        _keys = keys;
        _rate = rate;
        _sending = Task.Run(SendAsync);
    }

    /// <summary>
    /// How many events a second the silo takes from the sender and applies, when nothing else is done: with the checkpoints
    /// of some seconds, since what it takes in a moment is more than it can keep up.
    /// </summary>
    public static async Task<double> CapacityAsync(BenchSilo silo, LoadKeys keys, int events)
    {
        long before = await silo.AppliedAsync(SumsJob.JobName, 0);
        long began = Stopwatch.GetTimestamp();
        long sent = 0;
        await using (Producer<Addition> producer = silo.Client.CreateProducer(Additions.Keyed))
        {
            for (; sent < events || Stopwatch.GetElapsedTime(began) < Sustained; sent += CapacityBatch)
                await producer.SendBatchAsync(keys.Batch(sent, CapacityBatch));
        }

        long applied = await silo.AppliedAsync(SumsJob.JobName, before + sent) - before;
        return applied / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public static Load Begin(BenchSilo silo, LoadKeys keys, double rate) => new(silo, keys, rate);

    /// <summary>
    /// Ends it and puts among figures how many events a second were sent, and how long the job then took to be done with
    /// them: what is more than a moment says that the load was more than the job could take beside everything else.
    /// </summary>
    /// <param name="figures">What it adds to.</param>
    /// <param name="before">How many events were applied before it began.</param>
    /// <param name="others">How many events others have sent meanwhile.</param>
    public async Task EndAsync(Dictionary<string, double> figures, long before, long others)
    {
        TimeSpan time = Stopwatch.GetElapsedTime(_began);
        _isEnded = true;
        long sent = await _sending;
        long ended = Stopwatch.GetTimestamp();
        await _silo.AppliedAsync(SumsJob.JobName, before + others + sent);
        figures["load events/s"] = sent / time.TotalSeconds;
        figures["behind ms"] = Stopwatch.GetElapsedTime(ended).TotalMilliseconds;
    }

    private async Task<long> SendAsync()
    {
        int size = Math.Max(1, (int)(_rate / BatchesPerSecond));
        await using Producer<Addition> producer = _silo.Client.CreateProducer(Additions.Keyed);
        long sent = 0;
        while (!_isEnded)
        {
            if (sent > Stopwatch.GetElapsedTime(_began).TotalSeconds * _rate)
            {
                await Task.Delay(Pause);
                continue;
            }

            await producer.SendBatchAsync(_keys.Batch(sent, size));
            sent += size;
        }

        return sent;
    }
}

/// <summary>The keys that the load is spread over.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Count">How many.</param>
internal readonly record struct LoadKeys(long First, int Count)
{
    private const long Step = 7919;

    /// <summary>The additions with the numbers from <paramref name="from"/> on.</summary>
    public Addition[] Batch(long from, int size)
    {
        var batch = new Addition[size];
        for (int i = 0; i < size; i++)
            batch[i] = new Addition(First + ((from + i) * Step % Count), 1, default);
        return batch;
    }
}
