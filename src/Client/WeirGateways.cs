namespace Weir.Client;

using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Serialization;
using Weir.Client.Calls;
using Weir.Contracts;

/// <summary>Tells an application's Orleans client where the silos are.</summary>
public static class WeirGateways
{
    /// <summary>How often the list of gateways is looked up, and dead ones are tried again.</summary>
    internal static TimeSpan Refresh { get; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Connects to the silos that the options name, and to others of them when one dies; goes with
    /// <see cref="WeirClientServices.AddWeirClient"/>. A call waits 5 s for its answer before it counts as failed; what
    /// <see cref="IWeirClient"/> calls is then repeated, and at once when a gateway dies.
    /// </summary>
    /// <param name="client">The application's Orleans client.</param>
    /// <param name="options">Where the silos are; of these, gateways or database, and the names of cluster and service
    /// count here.</param>
    /// <exception cref="WeirException">An option is wrong (<see cref="WeirError.InvalidRequest"/>).</exception>
    public static IClientBuilder UseWeirGateways(this IClientBuilder client, WeirConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        if (options.Database is { } database)
        {
            client.UseAdoNetClustering(clustering =>
            {
                clustering.Invariant = "Npgsql";
                clustering.ConnectionString = database.TrimEnd(';') + ";Search Path=weir";
            });
        }
        else
        {
            client.Services.AddSingleton<IGatewayListProvider>(new NamedGateways([.. options.Gateways]));
        }

        client.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = options.ClusterId;
            cluster.ServiceId = options.ServiceId;
        });
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = Refresh);
        client.Configure<ClientMessagingOptions>(
            messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5));
        client.Services.Configure<ExceptionSerializationOptions>(
            options => options.SupportedNamespacePrefixes.Add("Npgsql"));
        return client;
    }
}
