namespace Weir.Grains.Hosting;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Weir.Connectors.Files;
using Weir.Connectors.PostgreSql;
using Weir.Connectors.Sqlite;
using Weir.Contracts.Codecs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Grains.Checkpoints;
using Weir.Grains.Diagnostics;
using Weir.Grains.Exchange;
using Weir.Grains.Jobs;
using Weir.Grains.Keys;
using Weir.Grains.Logs;
using Weir.Grains.Placement;
using Weir.Grains.Storage;
using Weir.Grains.Streams;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;

/// <summary>Puts Weir into an Orleans silo.</summary>
public static class WeirHosting
{
    // How long a grain keeps a thread of the pool while it has more to do: what others wait for in front of them.
    private static readonly TimeSpan Turns = TimeSpan.FromMilliseconds(1);

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
        silo.Services.Configure<SchedulingOptions>(options => options.ActivationSchedulingQuantum = Turns);
        silo.Services.AddLogging(QuietOrleans);
        silo.Services.AddSingleton<IValidateOptions<WeirOptions>, WeirOptionsValidator>();
        silo.Services.AddTransient<IConfigurationValidator, WeirValidator>();
        silo.Services.TryAddSingleton<TimeProvider>(new SteadyClock(TimeProvider.System));
        silo.Services.TryAddSingleton(services =>
            new CodecRegistry([
                .. services.GetServices<ICodecProvider>(),
                new OrleansCodecs(services.GetRequiredService<Serializer>()),
                new JsonEvents()]));
        silo.Services.AddSingleton<JobRegistry>();
        silo.Services.AddSingleton<ITopicTypes>(services => services.GetRequiredService<JobRegistry>());
        silo.Services.AddSingleton<JobTopics>();
        silo.Services.AddSingleton<QuarantineCommands>();
        silo.Services.AddSingleton<SiloExchange>();
        silo.Services.AddSingleton<LocalGroups>();
        silo.Services.AddSingleton<ILocalGroups>(services => services.GetRequiredService<LocalGroups>());
        silo.Services.AddSingleton<ExchangeMetrics>();
        silo.Services.AddSingleton<FrameExchange>();
        silo.Services.AddSingleton<FrameReceiver>();
        silo.Services.AddSingleton<SiloServices>();
        silo.Services.AddGrainService<SiloService>();
        silo.Services.AddSingleton<SiloParticipants>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SiloDeparture>();
        silo.Services.AddSingleton<TickLeases>();
        silo.Services.TryAddSingleton<IEventLog>(OpenLog);
        silo.Services.AddTopicRoutes();
        silo.Services.TryAddSingleton<ICheckpointStore>(OpenStore);
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, StorageOpening>();
        silo.Services.AddSingleton<SegmentFiles>();
        silo.Services.AddSingleton<SegmentFolds>();
        silo.Services.AddSingleton<CopyTurns>();
        silo.Services.AddSingleton<SiloSegments>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            services => services.GetRequiredService<SiloSegments>());
        silo.Services.AddSingleton<CheckpointShelf>();
        silo.Services.AddSingleton<StoredJobs>();
        silo.Services.AddMetrics();
        silo.Services.AddSingleton<CheckpointMetrics>();
        silo.Services.AddSingleton<StageMetrics>();
        silo.Services.AddSingleton<SourceMetrics>();
        silo.Services.AddSingleton<PartVerifier>();
        silo.Services.AddSingleton<ParticipantPartsFactory>();
        silo.Services.AddHostedService<JobReviver>();
        silo.Services.AddOptions<WeirLogOptions>().Configure<IOptions<WeirOptions>>((log, options) =>
        {
            log.DefaultPartitions = options.Value.DefaultPartitions;
            log.RetentionPeriod = options.Value.RetentionPeriod;
        });
        silo.AddWeirLogs();
        silo.AddWeirStreams();
        silo.AddGrainStorage();

        // What the database says reaches a caller on another silo as it is.
        silo.Services.Configure<ExceptionSerializationOptions>(
            options => options.SupportedNamespacePrefixes.Add(nameof(Npgsql)));
        return silo;
    }

    private static void AddGrainStorage(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton(OpenDatabase);
        silo.AddWeirGrainStorage((options, services) =>
        {
            if (DatabaseOf(services) is { } database)
                options.UsePostgreSql(database.Source);
            else
                options.UseSqlite(Path.Combine(DirectoryOf(services), "grains.db"));
        });
    }

    // Orleans places every grain through Polly, which tells of each placement; the base class of our service tells of every
    // range of the ring; and a delivery for a source that has begun anew is no loss: it reads from its offset again.
    private static void QuietOrleans(ILoggingBuilder logging) => logging
        .AddFilter("Polly", LogLevel.Warning)
        .AddFilter(typeof(SiloService).FullName, LogLevel.Warning)
        .AddFilter("Orleans.Streams.StreamConsumerExtension", LogLevel.Error);

    // Made once, when the first thing that lives there is; a constructor can not wait.
    private static ClusterDatabase OpenDatabase(IServiceProvider services) => Task.Run(() =>
        ClusterDatabase.OpenAsync(OptionsOf(services).Database!))
        .GetAwaiter().GetResult();

    private static ClusterDatabase? DatabaseOf(IServiceProvider services) =>
        OptionsOf(services).Database is null
            ? null
            : services.GetRequiredService<ClusterDatabase>();

    // The log is needed by constructors, which can not wait; opening it takes milliseconds, once per silo.
    private static IEventLog OpenLog(IServiceProvider services) =>
        Task.Run(() => OpenLogAsync(services)).GetAwaiter().GetResult();

    private static async Task<IEventLog> OpenLogAsync(IServiceProvider services)
    {
        TimeProvider clock = services.GetRequiredService<TimeProvider>();
        if (OptionsOf(services).Database is not { } database)
            return await SqliteEventLog.OpenAsync(new SqliteEventLogOptions
            {
                Path = Path.Combine(DirectoryOf(services), "events.db"),
                TimeProvider = clock,
            });
        return await PostgreSqlEventLog.OpenAsync(new PostgreSqlEventLogOptions
        {
            ConnectionString = database,
            Schema = ClusterDatabase.Schema,
            TimeProvider = clock,
        });
    }

    private static ICheckpointStore OpenStore(IServiceProvider services)
    {
        WeirOptions options = OptionsOf(services);
        if (options.SegmentDirectory is { } shared)
            return new DirectoryCheckpointStore(shared);
        if (options.Database is null)
            return new DirectoryCheckpointStore(Path.Combine(DirectoryOf(services), "checkpoints"));
        return Task.Run(() => PostgreSqlCheckpointStore.OpenAsync(new PostgreSqlCheckpointStoreOptions
        {
            ConnectionString = options.Database,
            Schema = ClusterDatabase.Schema,
        })).GetAwaiter().GetResult();
    }

    private static WeirOptions OptionsOf(IServiceProvider services) =>
        services.GetRequiredService<IOptions<WeirOptions>>().Value;

    private static string DirectoryOf(IServiceProvider services)
    {
        string directory = Path.GetFullPath(OptionsOf(services).DataDirectory);
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
