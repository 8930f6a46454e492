namespace Weir.Grains.Logs;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Weir.Grains.Placement;

/// <summary>Registers what the grains of topics need.</summary>
public static class LogHosting
{
    /// <summary>
    /// Adds topics to a silo. The host registers an <c>IEventLog</c> and an <see cref="ITopicTypes"/> beside it.
    /// </summary>
    public static ISiloBuilder AddWeirLogs(this ISiloBuilder builder, Action<WeirLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<WeirLogOptions>()
            .Configure(options => configure?.Invoke(options))
            .Validate(options => options.DefaultPartitions is >= 1 and <= 1024, "DefaultPartitions must be 1 to 1024.")
            .Validate(options => options.TickInterval > TimeSpan.Zero, "TickInterval must be above zero.")
            .Validate(options => options.TickLease >= options.TickInterval, "TickLease must be at least TickInterval.")
            .Validate(options => options.RetentionPeriod > TimeSpan.Zero, "RetentionPeriod must be above zero.")
            .ValidateOnStart();
        builder.Services.AddWeirPlacement();
        builder.Services.AddHostedService<RetentionKeeper>();
        builder.Services.TryAddSingleton<LogArrivals>();
        builder.Services.TryAddSingleton<TopicJsonBridges>();
        return builder;
    }
}
