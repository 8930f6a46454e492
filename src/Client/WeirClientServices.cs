namespace Weir.Client;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Serialization;
using Weir.Client.Calls;
using Weir.Contracts.Codecs;
using Weir.Contracts.Json;
using Weir.Engine.Codecs;

/// <summary>Puts the client into an application.</summary>
public static class WeirClientServices
{
    /// <summary>
    /// Registers <see cref="IWeirClient"/> on the application's Orleans: that of a client
    /// (<c>UseOrleansClient</c>) or of a silo (<c>UseOrleans</c>), in either order. Registers a
    /// <see cref="CodecRegistry"/> too, unless there is one: it asks the registered <see cref="ICodecProvider"/>s, then
    /// Orleans. May be called again to configure more.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options; they are checked when the client is first used.</param>
    public static IServiceCollection AddWeirClient(
        this IServiceCollection services, Action<WeirClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<WeirClientOptions>();
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton(provider => new CodecRegistry(
            [
                .. provider.GetServices<ICodecProvider>(),
                new OrleansCodecs(provider.GetRequiredService<Serializer>()),
                new JsonEvents()]));
        services.TryAddSingleton<GatewayWatch>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IClusterConnectionStatusObserver, GatewayWatch>(
            provider => provider.GetRequiredService<GatewayWatch>()));
        services.TryAddSingleton<IWeirClient, WeirClient>();
        return services;
    }
}
