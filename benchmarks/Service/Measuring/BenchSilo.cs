namespace Weir.Benchmarks.Service.Measuring;

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;

/// <summary>
/// A silo in this process that hosts one job with the settings that a user gets: a checkpoint every second, four
/// partitions.
/// </summary>
internal sealed class BenchSilo : IAsyncDisposable
{
    /// <summary>Its cluster and service, for clients in other processes.</summary>
    public const string Cluster = "bench";

    private const int BatchEvents = 2000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly IHost _host;

    private BenchSilo(IHost host, int gateway)
    {
        _host = host;
        Gateway = gateway;
    }

    public IWeirClient Client => _host.Services.GetRequiredService<IWeirClient>();

    /// <summary>The port for clients.</summary>
    public int Gateway { get; }

    public static async Task<BenchSilo> StartAsync<TJob>(string directory)
        where TJob : StreamJob
    {
        (int silo, int gateway) = FreePorts();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Logging.AddSimpleConsole(format => format.SingleLine = true);
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.UseOrleans(orleans => orleans
            .UseLocalhostClustering(silo, gateway, serviceId: Cluster, clusterId: Cluster)
            .AddWeir(weir => weir.AddJob<TJob>().Configure(options => options.DataDirectory = directory)));
        builder.Services.AddWeirClient();
        IHost host = builder.Build();
        await host.StartAsync();
        return new BenchSilo(host, gateway);
    }

    /// <summary>Stores events in batches, as fast as it goes.</summary>
    public async Task SendAsync<T>(Topic<T> topic, IEnumerable<T> events)
    {
        await using Producer<T> producer = Client.CreateProducer(topic);
        foreach (T[] batch in events.Chunk(BatchEvents))
            await producer.SendBatchAsync(batch);
        await producer.FlushAsync();
    }

    /// <summary>Waits until a job has applied so many events, and says how many it has.</summary>
    public async Task<long> AppliedAsync(string job, long least)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            JobStatus status = await Client.DescribeJobAsync(job);
            long applied = status.Operators.Sum(each => each.Events);
            if (applied >= least)
                return applied;
            if (status.Failure is { } failure)
                throw new WrongResultException($"The job '{job}' has failed: {failure}");
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new WrongResultException(
                    $"The job '{job}' has applied {applied} of {least} events after {Patience.TotalMinutes} minutes.");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Stops its jobs first, which else would look for another silo.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (JobStatus job in await Client.ListJobsAsync())
            await Client.StopJobAsync(job.Name);
        await _host.StopAsync();
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
        else
            _host.Dispose();
    }

    // Both are held until both are known, so they are different.
    private static (int Silo, int Gateway) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
