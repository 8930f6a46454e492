namespace Weir.Grains.Logs;

using Microsoft.Extensions.DependencyInjection;
using Weir.Protocol.Logs;

/// <summary>Topics that are read from another system, and its log.</summary>
internal sealed record TopicRoute(IEventLog Log, IReadOnlyCollection<string> Topics);

/// <summary>Puts the logs of other systems beside the silo's own.</summary>
internal static class TopicRoutes
{
    /// <summary>Registers a log for topics.</summary>
    public static void AddTopicRoute(this IServiceCollection services, IEventLog log, IReadOnlyCollection<string> topics) =>
        services.AddSingleton(new TopicRoute(log, topics));

    /// <summary>Wraps the registered log, if there are routes.</summary>
    public static void AddTopicRoutes(this IServiceCollection services)
    {
        if (!services.Any(service => service.ServiceType == typeof(TopicRoute)))
            return;
        ServiceDescriptor own = services.Last(service => service.ServiceType == typeof(IEventLog));
        services.Remove(own);
        services.AddSingleton<IEventLog>(provider => new RoutedEventLog(
            (IEventLog)(own.ImplementationInstance
                ?? own.ImplementationFactory?.Invoke(provider)
                ?? ActivatorUtilities.CreateInstance(provider, own.ImplementationType!)),
            [.. provider.GetServices<TopicRoute>()])
        {
            // As a container does: what came as an instance belongs to whoever made it.
            OwnsLog = own.ImplementationInstance is null,
        });
    }
}
