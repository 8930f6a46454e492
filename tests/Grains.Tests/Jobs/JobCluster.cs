namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using Weir.Client;
using Weir.Connectors.Sqlite;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;
using Weir.Grains.Streams;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;

/// <summary>Silos of this process over one log in a directory that outlives them, until the last use.</summary>
internal sealed class JobCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly SqliteEventLog _log;

    private JobCluster(InProcessTestCluster cluster, SqliteEventLog log)
    {
        _cluster = cluster;
        _log = log;
        Client = cluster.Silos[0].ServiceProvider.GetRequiredService<IWeirClient>();
    }

    public static TimeSpan Patience => TimeSpan.FromSeconds(30);

    public IWeirClient Client { get; }

    /// <summary>What the jobs of this cluster call.</summary>
    public required Outside Outside { get; init; }

    /// <summary>A client outside of the silos, which goes on whichever of them is stopped.</summary>
    public IWeirClient Outsider => _cluster.Client.ServiceProvider.GetRequiredService<IWeirClient>();

    public IClusterClient Orleans => _cluster.Client;

    public InProcessTestCluster Silos => _cluster;

    public IEventLog Log => _log;

    /// <summary>The services of the first silo.</summary>
    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public static async Task<JobCluster> StartAsync(
        string directory, short silos = 1, Action<WeirOptions>? configure = null, JobClusterParts? parts = null)
    {
        parts ??= new JobClusterParts();
        SqliteEventLog log = await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = Path.Combine(directory, "events.db"), TimeProvider = parts.LogTime });
        var outside = new Outside();
        var builder = new InProcessTestClusterBuilder(silos);
        // Records belong to a service: the same name finds them again after a restart.
        builder.Options.ServiceId = "weir-tests";
        builder.ConfigureSilo((_, silo) =>
        {
            // One log for all silos; as an instance it is not disposed of with the first of them.
            silo.Services.AddSingleton<IEventLog>(log);
            silo.Services.AddSingleton(outside);
            parts.Services(silo.Services);
            silo.Services.Configure(parts.Streams);
            parts.Silo(silo);
            silo.Services.Configure<WeirLogOptions>(options => options.TimeProvider = parts.LogTime);
            silo.AddWeir(weir =>
            {
                foreach (Type job in parts.Jobs)
                    weir.AddJob(job);
                parts.Weir(weir);
                weir.Configure(options =>
                {
                    options.DataDirectory = directory;
                    options.RevivalPeriod = TimeSpan.FromMilliseconds(200);
                    options.CheckpointInterval = TimeSpan.FromMilliseconds(100);
                    options.RestartStrategy = new RestartStrategy.None();
                    configure?.Invoke(options);
                });
            });
            silo.Services.AddWeirClient();
            if (parts.Records is { } records)
                silo.Services.Wrap(records);
        });
        builder.ConfigureClient(client => client.Services.AddWeirClient());
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return new JobCluster(cluster, log) { Outside = outside };
    }

    /// <summary>Waits until a job has read everything and its groups have applied it.</summary>
    public Task<JobStatus> CaughtUpAsync(string job) => Client
        .WaitForJobAsync(
            job, status => status.Sources.Length > 0 && status.Sources.All(source => source.Next == source.End))
        .WaitAsync(Patience);

    public Task<JobStatus> FinishedAsync(string job) =>
        Client.WaitForJobAsync(job, JobState.Finished).WaitAsync(Patience);

    public async Task<List<T>> ReadAllAsync<T>(Engine.Streams.Topic<T> topic)
    {
        var events = new List<T>();
        await foreach (TopicEvent<T> each in Client.ReadAsync(topic))
            events.Add(each.Value);
        return events;
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        await _log.DisposeAsync();
    }
}

/// <summary>What a cluster consists of.</summary>
internal sealed record JobClusterParts
{
    /// <summary>Default: the samples.</summary>
    public IReadOnlyList<Type> Jobs { get; init; } =
    [
        typeof(PageViews), typeof(BusiestUsers), typeof(Fragile), typeof(QuietPages), typeof(PatientPages),
        typeof(AlignedPair), typeof(AlignedUnlessQuiet), typeof(ArrivalsPerSecond), typeof(OrderedCalls),
        typeof(UnorderedCalls), typeof(RetriedCalls), typeof(HurriedCalls), typeof(LenientCalls), typeof(CarefulPages),
    ];

    /// <summary>What takes the place of services that silos have. Default: nothing.</summary>
    public Action<IServiceCollection> Services { get; init; } = static _ => { };

    /// <summary>Takes the place of the storage of records, in front of it. Default: nothing.</summary>
    public HeldRecords? Records { get; init; }

    /// <summary>What else silos have. Default: nothing.</summary>
    public Action<ISiloBuilder> Silo { get; init; } = static _ => { };

    /// <summary>What else the silos have. Default: nothing.</summary>
    public Action<WeirBuilder> Weir { get; init; } = static _ => { };

    /// <summary>How streams are read. Default: as they are.</summary>
    public Action<WeirStreamOptions> Streams { get; init; } = static _ => { };

    /// <summary>The clock that stamps batches and says when ticks are due. Default: that of the machine.</summary>
    public TimeProvider LogTime { get; init; } = TimeProvider.System;
}
