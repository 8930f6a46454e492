namespace Weir.Soak.Flows;

using System.Diagnostics;
using Weir.Client;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Soak.Jobs;

/// <summary>
/// Sends readings to <see cref="SteadyLoad"/> at a steady rate. Event time is the time of the machine, so the lag of the
/// watermark is the lag of the job. A few hundred devices send at a time, others after some seconds.
/// </summary>
internal sealed class ReadingFlow(IWeirClient client, int perSecond)
{
    private const int Devices = 4000;
    private const int AtOnce = 500;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    /// <summary>How many were sent.</summary>
    public long Sent { get; private set; }

    /// <summary>How many are sent at once.</summary>
    public static double PerStep(int perSecond) => perSecond * Step.TotalSeconds;

    public async Task BeginAsync()
    {
        await client.CreateTopicAsync(SteadyLoad.Readings, new TopicOptions { Partitions = 4 });
        await client.StartJobAsync(SteadyLoad.JobName);
    }

    /// <summary>Sends until it is told to stop, and then waits until everything is stored.</summary>
    public async Task SendAsync(CancellationToken stop)
    {
        await using Producer<Reading> producer = client.CreateProducer(
            SteadyLoad.Readings, new ProducerOptions { Name = "readings" });
        long begin = Stopwatch.GetTimestamp();
        using var pace = new PeriodicTimer(Step);
        while (!stop.IsCancellationRequested)
        {
            TimeSpan passed = Stopwatch.GetElapsedTime(begin);
            int due = (int)(((long)(passed.TotalSeconds * perSecond)) - Sent);
            if (due > 0)
                await producer.SendBatchAsync(Make(due, (int)(passed / Turn)), CancellationToken.None);
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>What both outputs come to: the readings in all windows, and those of all devices that went quiet.
    /// </summary>
    public async Task<(long InWindows, long OfQuiet)> CountAsync()
    {
        long windows = 0;
        long quiet = 0;
        await foreach (TopicEvent<Windowed<int, long>> each in client.ReadAsync(SteadyLoad.PerWindow))
            windows += each.Value.Value;
        await foreach (TopicEvent<Quiet> each in client.ReadAsync(SteadyLoad.QuietDevices))
            quiet += each.Value.Readings;
        return (windows, quiet);
    }

    private Reading[] Make(int count, int turn)
    {
        var readings = new Reading[count];
        EventTime now = EventTime.From(DateTimeOffset.UtcNow);
        for (int i = 0; i < count; i++)
        {
            int device = ((turn * AtOnce) + (int)(Sent % AtOnce)) % Devices;
            readings[i] = new Reading(device, Sent % 1000 / 10.0, now);
            Sent++;
        }

        return readings;
    }
}
