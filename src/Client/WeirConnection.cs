namespace Weir.Client;

using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Weir.Client.Calls;
using Weir.Contracts;

/// <summary>
/// A connection of its own, for programs without a host. A program with one uses
/// <see cref="WeirClientServices.AddWeirClient"/>. Once connected it finds the silo again by itself. Thread-safe.
/// </summary>
public sealed class WeirConnection : IAsyncDisposable
{
    private readonly IHost _host;

    private WeirConnection(IHost host)
    {
        _host = host;
        Client = host.Services.GetRequiredService<IWeirClient>();
        Orleans = host.Services.GetRequiredService<IClusterClient>();
    }

    /// <summary>The client.</summary>
    public IWeirClient Client { get; }

    /// <summary>The Orleans client beneath, for grains and streams of the application's own.</summary>
    public IClusterClient Orleans { get; }

    /// <summary>Connects; tries again until <see cref="WeirConnectionOptions.ConnectTimeout"/> is over.</summary>
    /// <exception cref="WeirException">No silo answers (<see cref="WeirError.Unavailable"/>), or an option is wrong
    /// (<see cref="WeirError.InvalidRequest"/>).</exception>
    public static async Task<WeirConnection> ConnectAsync(
        WeirConnectionOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new WeirConnectionOptions();
        options.Check();
        if (options.Database is null)
            await GatewayAddress.ResolveAsync(options.Gateways, cancellation).ConfigureAwait(false);
        IHost host = Build(options);
        try
        {
            await host.StartAsync(cancellation).ConfigureAwait(false);
            return new WeirConnection(host);
        }
        catch (Exception fault)
        {
            await DisposeAsync(host).ConfigureAwait(false);
            if (fault is OperationCanceledException && cancellation.IsCancellationRequested)
                throw;
            throw new WeirException(
                WeirError.Unavailable,
                $"No silo of cluster '{options.ClusterId}' and service '{options.ServiceId}' answers at "
                + (options.Database is null
                    ? $"{string.Join(", ", options.Gateways)}; start one, or name another gateway, cluster or service."
                    : $"a gateway that the database names; start one. The failure was: {fault.Message}"),
                fault);
        }
    }

    /// <summary>Disconnects. Producers of this connection must be disposed of before.</summary>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync().ConfigureAwait(false);
        await DisposeAsync(_host).ConfigureAwait(false);
    }

    private static IHost Build(WeirConnectionOptions options)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var time = Stopwatch.StartNew();
        builder.UseOrleansClient(client => client
            .UseWeirGateways(options)
            .UseConnectionRetryFilter(async (_, stop) =>
            {
                if (time.Elapsed >= options.ConnectTimeout)
                    return false;
                await Task.Delay(TimeSpan.FromMilliseconds(200), stop).ConfigureAwait(false);
                return true;
            }));
        builder.Services.AddWeirClient(options.Client);

        // The host of a library must not take Ctrl-C and SIGTERM away from its program.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        return builder.Build();
    }

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync().ConfigureAwait(false);
        else
            host.Dispose();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
