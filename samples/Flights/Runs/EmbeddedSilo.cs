namespace Weir.Samples.Flights.Runs;

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Client;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;

/// <summary>
/// A silo inside this process, on ports that nobody else uses, so that several runs can go on at once. Other processes
/// on this machine reach it through its gateway.
/// </summary>
internal sealed class EmbeddedSilo : IRunHost
{
    // The default of clients, so that they need no more than the address.
    private const string ClusterName = "weir";

    private readonly IHost _host;

    private EmbeddedSilo(IHost host, int gatewayPort)
    {
        _host = host;
        Gateways = $"127.0.0.1:{gatewayPort}";
    }

    /// <inheritdoc/>
    public string Gateways { get; }

    /// <inheritdoc/>
    public IWeirClient Client => _host.Services.GetRequiredService<IWeirClient>();

    /// <summary>Starts a silo that hosts a job, with options for it.</summary>
    public static async Task<EmbeddedSilo> StartAsync<TJob>(
        FlightsOptions options, string dataDirectory, CancellationToken cancellation)
        where TJob : StreamJob
    {
        (int siloPort, int gatewayPort) = FreePorts();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        // Orleans warns of settings that suit a server; this process is one run of a sample.
        builder.Logging.AddFilter("Orleans", LogLevel.Error);
        builder.Logging.AddSimpleConsole(format => format.SingleLine = true);
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(options);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(siloPort, gatewayPort, serviceId: ClusterName, clusterId: ClusterName)
            .AddWeir(weir => weir
                .AddJob<TJob>()
                .Configure(weirOptions => weirOptions.DataDirectory = dataDirectory)));
        builder.Services.AddWeirClient();
        IHost host = builder.Build();
        try
        {
            await host.StartAsync(cancellation);
        }
        catch
        {
            host.Dispose();
            throw;
        }

        return new EmbeddedSilo(host, gatewayPort);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
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
