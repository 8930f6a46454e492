namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using Weir.Client;
using Weir.Connectors.Sqlite;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
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

    public IClusterClient Orleans => _cluster.Client;

    public static async Task<JobCluster> StartAsync(
        string directory, short silos = 1, Action<WeirOptions>? configure = null)
    {
        SqliteEventLog log = await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = Path.Combine(directory, "events.db") });
        var builder = new InProcessTestClusterBuilder(silos);
        // Records belong to a service: the same name finds them again after a restart.
        builder.Options.ServiceId = "weir-tests";
        builder.ConfigureSilo((_, silo) =>
        {
            // One log for all silos: the SQLite log belongs to one process.
            silo.Services.AddSingleton<IEventLog>(new SharedLog(log));
            silo.AddWeir(weir => weir
                .AddJob<PageViews>()
                .AddJob<BusiestUsers>()
                .AddJob<Fragile>()
                .AddJob<QuietPages>()
                .Configure(options =>
                {
                    options.DataDirectory = directory;
                    options.RevivalPeriod = TimeSpan.FromMilliseconds(200);
                    configure?.Invoke(options);
                }));
            silo.Services.AddWeirClient();
        });
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return new JobCluster(cluster, log);
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

/// <summary>A log that a silo may dispose of without closing it for the others.</summary>
internal sealed class SharedLog(IEventLog log) : IEventLog
{
    public LogCapabilities Capabilities => log.Capabilities;

    public Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default) =>
        log.CreateTopicAsync(spec, cancellation);

    public Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default) =>
        log.FindTopicAsync(topic, cancellation);

    public Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default) =>
        log.ListTopicsAsync(cancellation);

    public Task DeleteTopicAsync(string topic, CancellationToken cancellation = default) =>
        log.DeleteTopicAsync(topic, cancellation);

    public Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default) =>
        log.AppendAsync(request, cancellation);

    public Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default) =>
        log.ReadAsync(partition, from, limits, cancellation);

    public Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default) =>
        log.DescribeAsync(partition, cancellation);

    public Task<long?> LastSequenceAsync(
        string producer, TopicPartition partition, CancellationToken cancellation = default) =>
        log.LastSequenceAsync(producer, partition, cancellation);

    public Task SealAsync(string topic, CancellationToken cancellation = default) => log.SealAsync(topic, cancellation);

    public Task PinAsync(string pin, TopicPartition partition, long offset, CancellationToken cancellation = default) =>
        log.PinAsync(pin, partition, offset, cancellation);

    public Task ReleasePinAsync(string pin, CancellationToken cancellation = default) =>
        log.ReleasePinAsync(pin, cancellation);

    public Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default) =>
        log.TruncateAsync(partition, before, cancellation);

    public Task ApplyRetentionAsync(CancellationToken cancellation = default) => log.ApplyRetentionAsync(cancellation);

    public IDisposable Watch(Action<TopicPartition, long> appended) => log.Watch(appended);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
