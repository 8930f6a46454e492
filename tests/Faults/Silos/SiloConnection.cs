namespace Weir.Faults.Silos;

using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Weir.Client;

/// <summary>
/// A client for a silo that is killed often: a call that was on its way then is given up after seconds. It finds the
/// next silo on the same port by itself.
/// </summary>
internal sealed class SiloConnection : IAsyncDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);
    private readonly IHost _host;

    private SiloConnection(IHost host) => _host = host;

    public IWeirClient Client => _host.Services.GetRequiredService<IWeirClient>();

    public IClusterClient Orleans => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Connects to the silo behind a port.</summary>
    public static Task<SiloConnection> OpenAsync(int gatewayPort, TimeSpan within) => OpenAsync(
        client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, gatewayPort)), within);

    /// <summary>Connects to whichever silos are alive.</summary>
    public static Task<SiloConnection> OpenAsync(SharedGateways gateways, TimeSpan within) => OpenAsync(
        client => client
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = gateways.MaxStaleness)
            .Services.AddSingleton<IGatewayListProvider>(gateways),
        within);

    private static async Task<SiloConnection> OpenAsync(Action<IClientBuilder> configure, TimeSpan within)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var time = Stopwatch.StartNew();
        builder.UseOrleansClient(configure);
        builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = "weir")
            .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = AnswerWithin)
            .UseConnectionRetryFilter(async (_, stop) =>
            {
                await Task.Delay(100, stop);
                return time.Elapsed < within;
            }));
        builder.Services.AddWeirClient();

        // Ctrl-C belongs to the program.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        IHost host = builder.Build();
        try
        {
            await host.StartAsync();
            return new SiloConnection(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
