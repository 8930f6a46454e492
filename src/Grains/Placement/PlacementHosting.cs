namespace Weir.Grains.Placement;

using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

/// <summary>Registers what says where things stand; once, however often it is asked for.</summary>
internal static class PlacementHosting
{
    public static void AddWeirPlacement(this IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(SiloLayout)))
            return;
        services.AddSingleton<SiloLayout>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            provider => provider.GetRequiredService<SiloLayout>());
        services.AddSingleton<Places>();
        services.AddSingleton<ResidenceFactory>();
        services.AddPlacementDirector<RendezvousPlacement, RendezvousDirector>();
    }
}
