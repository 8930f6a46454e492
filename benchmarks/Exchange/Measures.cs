namespace Weir.Benchmarks.Exchange;

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using Weir.Client;
using Weir.Connectors.Sqlite;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Protocol.Logs;

/// <summary>One run.</summary>
/// <param name="Silos">Number of silos.</param>
/// <param name="Cpu">CPU time per event of the whole process, from the first read to the last event applied.</param>
/// <param name="Wall">Events per second.</param>
/// <param name="Frames">Frames between silos.</param>
/// <param name="Crossed">Events between silos.</param>
internal readonly record struct Measure(int Silos, TimeSpan Cpu, double Wall, long Frames, long Crossed);

/// <summary>
/// What an event costs that crosses to another silo of this process. The input is in the log before the job begins, so
/// that sending it is not measured; both kinds of runs read the same log.
/// </summary>
internal sealed class Measures(int events) : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counters = new();
    private readonly MeterListener _listener = new();

    public void Listen()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Weir" && instrument.Name.StartsWith("weir.exchange", StringComparison.Ordinal))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) => _counters.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        _listener.Start();
    }

    public async Task<Measure> RunAsync(short silos, string directory)
    {
        await using SqliteEventLog log = await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = Path.Combine(directory, "events.db") });
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IEventLog>(log);
            silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
            silo.AddWeir(weir => weir.AddJob<ShuffleJob>().Configure(options => options.DataDirectory = directory));
            silo.Services.AddWeirClient();
        });
        await using InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        IWeirClient client = cluster.Silos[0].ServiceProvider.GetRequiredService<IWeirClient>();
        await FillAsync(client);
        _counters.Clear();
        TimeSpan before = Cpu;
        long begin = Stopwatch.GetTimestamp();
        await client.StartJobAsync(ShuffleJob.JobName);
        await client.WaitForJobAsync(
            ShuffleJob.JobName, status => status.Operators.Sum(each => each.Events) >= events);
        TimeSpan took = Stopwatch.GetElapsedTime(begin);
        TimeSpan cpu = Cpu - before;
        await client.StopJobAsync(ShuffleJob.JobName);
        await cluster.StopAllSilosAsync();
        return new Measure(
            silos,
            cpu / events,
            events / took.TotalSeconds,
            _counters.GetValueOrDefault("weir.exchange.frames"),
            _counters.GetValueOrDefault("weir.exchange.events"));
    }

    public void Dispose() => _listener.Dispose();

    private static TimeSpan Cpu => Process.GetCurrentProcess().TotalProcessorTime;

    private async Task FillAsync(IWeirClient client)
    {
        await client.CreateTopicAsync(ShuffleJob.Additions);
        await using Producer<Addition> producer = client.CreateProducer(ShuffleJob.Additions);
        foreach (int[] batch in Enumerable.Range(0, events).Chunk(1000))
            await producer.SendBatchAsync([.. batch.Select(i => new Addition(i * 7919L % 100_000, 1))]);
        await producer.FlushAsync();
    }
}
