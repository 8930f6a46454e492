namespace Weir.Grains.Hosting;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Weir.Connectors.Sqlite;
using Weir.Contracts.Codecs;
using Weir.Engine.Codecs;
using Weir.Grains.Exchange;
using Weir.Grains.Jobs;
using Weir.Grains.Keys;
using Weir.Grains.Logs;
using Weir.Grains.Storage;
using Weir.Grains.Streams;
using Weir.Protocol.Logs;

/// <summary>Puts Weir into an Orleans silo.</summary>
public static class WeirHosting
{
    /// <summary>
    /// Hosts jobs on this silo, with the event log and all records in a directory of their own. Clustering is the
    /// application's choice.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">States the jobs and settings, for example <c>weir =>
    /// weir.AddJob&lt;PageViews&gt;()</c>.</param>
    /// <remarks>
    /// When the silo starts, settings and the graphs of all jobs are validated; a fault there is an
    /// <see cref="OptionsValidationException"/> or a <see cref="Engine.Graph.JobDefinitionException"/> that lists all
    /// faults.
    /// </remarks>
    public static ISiloBuilder AddWeir(this ISiloBuilder silo, Action<WeirBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(configure);
        var weir = new WeirBuilder(silo.Services);
        configure(weir);

        silo.Services.AddSingleton(weir);

        // Orleans places every grain through Polly, which tells of each placement.
        silo.Services.AddLogging(logging => logging.AddFilter("Polly", LogLevel.Warning));
        silo.Services.AddSingleton<IValidateOptions<WeirOptions>, WeirOptionsValidator>();
        silo.Services.AddTransient<IConfigurationValidator, WeirValidator>();
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.TryAddSingleton(services =>
            new CodecRegistry([
                .. services.GetServices<ICodecProvider>(), new OrleansCodecs(services.GetRequiredService<Serializer>())]));
        silo.Services.AddSingleton<JobRegistry>();
        silo.Services.AddSingleton<ITopicTypes>(services => services.GetRequiredService<JobRegistry>());
        silo.Services.AddSingleton<JobTopics>();
        silo.Services.AddSingleton<QuarantineCommands>();
        silo.Services.AddSingleton<SiloExchange>();
        silo.Services.AddSingleton<TickLeases>();
        silo.Services.TryAddSingleton<IEventLog>(OpenLog);
        silo.Services.AddPlacementDirector<RendezvousPlacement, RendezvousDirector>();
        silo.Services.AddHostedService<JobReviver>();
        silo.Services.AddOptions<WeirLogOptions>().Configure<IOptions<WeirOptions>>((log, options) =>
        {
            log.DefaultPartitions = options.Value.DefaultPartitions;
            log.RetentionPeriod = options.Value.RetentionPeriod;
        });
        silo.AddWeirLogs();
        silo.AddWeirStreams();
        silo.AddWeirGrainStorage(services => Path.Combine(DirectoryOf(services), "grains.db"));
        return silo;
    }

    // The log is needed by constructors, which can not wait; opening it takes milliseconds, once per silo.
    private static SqliteEventLog OpenLog(IServiceProvider services) => Task.Run(() => SqliteEventLog.OpenAsync(
        new SqliteEventLogOptions
        {
            Path = Path.Combine(DirectoryOf(services), "events.db"),
            TimeProvider = services.GetRequiredService<TimeProvider>(),
        })).GetAwaiter().GetResult();

    private static string DirectoryOf(IServiceProvider services)
    {
        string directory = Path.GetFullPath(services.GetRequiredService<IOptions<WeirOptions>>().Value.DataDirectory);
        Directory.CreateDirectory(directory);
        return directory;
    }
}

/// <summary>Refuses settings that are out of range, all of them at once.</summary>
internal sealed class WeirOptionsValidator : IValidateOptions<WeirOptions>
{
    public ValidateOptionsResult Validate(string? name, WeirOptions options)
    {
        string[] faults = [.. options.Faults()];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

/// <summary>
/// Makes a silo with a faulty setting or graph fail when it starts, not when the job is first asked for.
/// </summary>
internal sealed class WeirValidator(IServiceProvider services) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        _ = services.GetRequiredService<IOptions<WeirOptions>>().Value;
        _ = services.GetRequiredService<JobRegistry>();
    }
}
