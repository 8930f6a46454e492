namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using Weir.Client;
using Weir.Connectors.Sqlite;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;
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

    public IClusterClient Orleans => _cluster.Client;

    public IEventLog Log => _log;

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
            silo.Services.Configure<WeirLogOptions>(options => options.TimeProvider = parts.LogTime);
            silo.AddWeir(weir =>
            {
                foreach (Type job in parts.Jobs)
                    weir.AddJob(job);
                weir.Configure(options =>
                {
                    options.DataDirectory = directory;
                    options.RevivalPeriod = TimeSpan.FromMilliseconds(200);
                    configure?.Invoke(options);
                });
            });
            silo.Services.AddWeirClient();
        });
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

    /// <summary>The clock that stamps batches and says when ticks are due. Default: that of the machine.</summary>
    public TimeProvider LogTime { get; init; } = TimeProvider.System;
}
