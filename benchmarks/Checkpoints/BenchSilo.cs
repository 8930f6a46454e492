namespace Weir.Benchmarks.Checkpoints;

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;

/// <summary>A silo in this process that hosts one job, over a directory that outlives it.</summary>
internal sealed class BenchSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private BenchSilo(IHost host) => _host = host;

    public IWeirClient Client => _host.Services.GetRequiredService<IWeirClient>();

    public static async Task<BenchSilo> StartAsync<TJob>(string directory, TimeSpan interval)
        where TJob : StreamJob
    {
        (int silo, int gateway) = FreePorts();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Logging.AddSimpleConsole(format => format.SingleLine = true);
        builder.UseOrleans(orleans => orleans
            .UseLocalhostClustering(silo, gateway, serviceId: "bench", clusterId: "bench")
            .AddWeir(weir => weir.AddJob<TJob>().Configure(options =>
            {
                options.DataDirectory = directory;
                options.CheckpointInterval = interval;
            })));
        builder.Services.AddWeirClient();
        IHost host = builder.Build();
        await host.StartAsync();
        return new BenchSilo(host);
    }

    /// <summary>Sends additions and waits until all are applied.</summary>
    public async Task SendAsync(IEnumerable<Addition> additions, long applied)
    {
        await using (Producer<Addition> producer = Client.CreateProducer(SumsJob.Additions))
        {
            foreach (Addition[] batch in additions.Chunk(2000))
                await producer.SendBatchAsync(batch);
            await producer.FlushAsync();
        }

        await Client.WaitForJobAsync(
            SumsJob.JobName, status => status.Operators.Sum(each => each.Events) >= applied);
    }

    /// <summary>Waits for a checkpoint that begins after this call.</summary>
    public async Task<CheckpointDescription> CheckpointAsync()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        JobStatus status = await Client.WaitForJobAsync(
            SumsJob.JobName, each => each.Checkpoints.Last?.TakenAt > now);
        return status.Checkpoints.Last!;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    public static TimeSpan Cpu => Environment.CpuUsage.TotalTime;

    private static (int Silo, int Gateway) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
