namespace Weir.Grains.Streams;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Streams;
using Weir.Contracts.Codecs;
using Weir.Contracts.Json;
using Weir.Engine.Codecs;
using Weir.Grains.Logs;
using Weir.Grains.Placement;

/// <summary>Registers the stream provider <c>weir</c>.</summary>
public static class StreamHosting
{
    /// <summary>
    /// Adds the provider to a silo. The host registers an <c>IEventLog</c>, calls <c>AddWeirLogs</c>, and adds a grain
    /// storage named <c>PubSubStore</c>, which keeps the subscriptions.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Changes the options.</param>
    /// <param name="extend">Changes the agents, for example who owns which slot.</param>
    public static ISiloBuilder AddWeirStreams(
        this ISiloBuilder builder,
        Action<WeirStreamOptions>? configure = null,
        Action<ISiloPersistentStreamConfigurator>? extend = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddOptions(builder.Services, configure);
        builder.Services.AddWeirPlacement();
        builder.Services.TryAddSingleton<StreamAnnouncer>();
        builder.Services.TryAddSingleton<LogCursors>();
        builder.Services.TryAddSingleton<LogQueueReceivers>();
        return builder.AddPersistentStreams(WeirStreams.ProviderName, LogQueueAdapterFactory.Create, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedAndImplicit);
            streams.ConfigurePullingAgent(agent => agent.Configure(Configure));
            streams.ConfigureBackoffProvider(
                (services, _) => (Orleans.Runtime.Providers.IMessageDeliveryBackoffProvider)BackoffOf(services));
            streams.ConfigureBackoffProvider(
                (services, _) => (Orleans.Runtime.Providers.IQueueReaderBackoffProvider)BackoffOf(services));
            streams.ConfigurePartitionBalancing(
                (services, _) => new RendezvousQueueBalancer(services.GetRequiredService<SiloLayout>()));
            extend?.Invoke(streams);
        });
    }

    /// <summary>Adds the provider to a client, which can produce and subscribe.</summary>
    public static IClientBuilder AddWeirStreams(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddOptions(builder.Services, null);
        return builder.AddPersistentStreams(
            WeirStreams.ProviderName,
            LogQueueAdapterFactory.Create,
            streams => streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedAndImplicit));
    }

    private static void AddOptions(IServiceCollection services, Action<WeirStreamOptions>? configure)
    {
        services.AddOptions<WeirStreamOptions>().Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<WeirStreamOptions>, WeirStreamOptionsValidator>());
        services.TryAddSingleton(provider => provider.GetService<ITopicTypes>()?.Codecs
            ?? new CodecRegistry(new OrleansCodecs(provider.GetRequiredService<Serializer>()), new JsonEvents()));
    }

    private static void Configure(StreamPullingAgentOptions agent)
    {
        // Receivers wait for news themselves; between two waits the agent need not wait any more.
        agent.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10);
        // A container is one read of the log already.
        agent.BatchContainerBatchSize = 1;
        // Whoever names no place gets everything: where else it began would depend on when the agent heard of it.
        agent.InitialSubscriptionStartPosition = StreamSubscriptionStartPosition.EarliestAvailable;
        // An agent that runs out of time goes on with the next container.
        agent.MaxEventDeliveryTime = Timeout.InfiniteTimeSpan;
    }

    private static RedeliveryBackoff BackoffOf(IServiceProvider services)
    {
        WeirStreamOptions options = services.GetRequiredService<IOptions<WeirStreamOptions>>().Value;
        return new RedeliveryBackoff(options.RetryDelay, options.MaxRetryDelay);
    }

    private sealed class WeirStreamOptionsValidator : IValidateOptions<WeirStreamOptions>
    {
        public ValidateOptionsResult Validate(string? name, WeirStreamOptions options) =>
            options.Fault() is { } fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;
    }
}
