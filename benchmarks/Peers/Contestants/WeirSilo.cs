namespace Weir.Benchmarks.Peers.Contestants;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;

/// <summary>
/// Weir in a silo of this process, all the way: a client sends durably, the log stores, streams deliver, key groups
/// apply, checkpoints are taken every second, and results are stored in a topic exactly once.
/// </summary>
internal sealed class WeirSilo : IContestant
{
    private const int BatchEvents = 2000;
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-peers-").FullName;
    private IHost? _host;

    private IWeirClient Client => _host!.Services.GetRequiredService<IWeirClient>();

    public async Task PrepareAsync(Workload workload, Reading[] readings)
    {
        (int silo, int gateway) = FreePorts.Take();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Logging.AddSimpleConsole(format => format.SingleLine = true);
        builder.UseOrleans(orleans => orleans
            .UseLocalhostClustering(silo, gateway, serviceId: "peers", clusterId: "peers")
            .AddWeir(weir => weir.AddJob<SumsJob>().Configure(options =>
            {
                options.DataDirectory = _directory;
                options.CheckpointInterval = TimeSpan.FromSeconds(1);
            })));
        builder.Services.AddWeirClient();
        _host = builder.Build();
        await _host.StartAsync();
        await Client.StartJobAsync(SumsJob.JobName);
    }

    public async Task RunAsync(Reading[] readings)
    {
        await using (Producer<Reading> producer = Client.CreateProducer(SumsJob.Readings))
        {
            for (int from = 0; from < readings.Length; from += BatchEvents)
                await producer.SendBatchAsync(
                    new ArraySegment<Reading>(readings, from, Math.Min(BatchEvents, readings.Length - from)));
            await producer.FlushAsync();
        }

        await Client.SealAsync(SumsJob.Readings);
        await Client.WaitForJobAsync(SumsJob.JobName, JobState.Finished);
    }

    public async Task<Sums> SumsAsync()
    {
        var sums = default(Sums);
        await foreach (TopicEvent<Windowed<long, long>> result in Client.ReadAsync(SumsJob.Results))
            sums.Add(result.Value.Key, result.Value.Window.Start.Milliseconds, result.Value.Value);
        return sums;
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }
}
