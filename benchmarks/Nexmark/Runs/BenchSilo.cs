namespace Weir.Benchmarks.Nexmark.Runs;

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Client;
using Weir.Connectors.Sqlite;
using Weir.Grains.Hosting;
using Weir.Protocol.Logs;

/// <summary>A silo in this process that hosts the jobs of queries, over a directory that outlives it.</summary>
internal sealed class BenchSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private BenchSilo(IHost host, string files)
    {
        _host = host;
        Files = files;
    }

    public IWeirClient Client => _host.Services.GetRequiredService<IWeirClient>();

    /// <summary>Where the query that writes files writes them.</summary>
    public string Files { get; }

    /// <summary>Starts a silo with the settings that a user gets: a checkpoint every second, four partitions.</summary>
    /// <param name="directory">Its data.</param>
    /// <param name="queries">What it hosts.</param>
    /// <param name="logClock">What stamps the log; null: the machine's clock.</param>
    public static async Task<BenchSilo> StartAsync(
        string directory, IEnumerable<NexmarkQuery> queries, TimeProvider? logClock = null)
    {
        (int silo, int gateway) = FreePorts();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Orleans", LogLevel.Error);
        builder.Logging.AddSimpleConsole(format => format.SingleLine = true);
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        string files = Path.Combine(directory, "files");
        builder.Services.AddSingleton(new LogDirectory(files));
        if (logClock is not null)
        {
            // Made by a function, so that it is closed with the silo.
            SqliteEventLog log = await SqliteEventLog.OpenAsync(
                new SqliteEventLogOptions { Path = Path.Combine(directory, "events.db"), TimeProvider = logClock });
            builder.Services.AddSingleton<IEventLog>(_ => log);
        }

        builder.UseOrleans(orleans => orleans
            .UseLocalhostClustering(silo, gateway, serviceId: "bench", clusterId: "bench")
            .AddWeir(weir =>
            {
                weir.AddTopic(NexmarkTopics.Events).AddTopic(NexmarkTopics.ByActor);
                foreach (NexmarkQuery query in queries)
                    weir.AddJob(query.Job);
                weir.Configure(options => options.DataDirectory = directory);
            }));
        builder.Services.AddWeirClient();
        IHost host = builder.Build();
        await host.StartAsync();
        return new BenchSilo(host, files);
    }

    public async ValueTask DisposeAsync()
    {
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
