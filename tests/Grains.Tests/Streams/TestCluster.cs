namespace Weir.Grains.Tests.Streams;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.TestingHost;
using Weir.Connectors.Sqlite;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Grains.Logs;
using Weir.Grains.Storage;
using Weir.Grains.Streams;
using Weir.Protocol.Logs;

/// <summary>Silos of this process on one SQLite log and one storage file, in a folder that goes with it.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-streams-").FullName;

    private TestCluster()
    {
    }

    public IEventLog Log { get; private set; } = null!;

    public InProcessTestCluster Silos { get; private set; } = null!;

    public IClusterClient Client => Silos.Client;

    public IStreamProvider Streams => Client.GetStreamProvider(WeirStreams.ProviderName);

    public static async Task<TestCluster> StartAsync(
        short silos = 1,
        Action<WeirStreamOptions>? streams = null,
        Action<WeirLogOptions>? logs = null,
        Func<IEventLog, IEventLog>? wrap = null,
        bool isOnDisk = false)
    {
        var cluster = new TestCluster();
        await cluster.OpenAsync(silos, streams, logs, wrap, isOnDisk);
        return cluster;
    }

    /// <summary>The same log and storage under new silos.</summary>
    public async Task RestartAsync(Action<WeirStreamOptions>? streams = null)
    {
        await CloseAsync();
        await OpenAsync(1, streams, null, null, isOnDisk: true);
    }

    public ITopicGrain Topic(string topic) => Client.GetGrain<ITopicGrain>(TopicKeys.Of(topic));

    public IAppendGrain Partition(string topic, int partition) =>
        Client.GetGrain<IAppendGrain>(TopicKeys.Of(topic, partition));

    public IAsyncStream<Reading> Stream(string topic, int partition) =>
        Streams.GetStream<Reading>(WeirStreams.IdOf(topic, partition));

    public Task CreateAsync(Topic topic, int partitions = 1) =>
        Topic(topic.Name).CreateAsync(new TopicDefinition { Schema = topic.Schema, Partitions = partitions });

    /// <summary>Appends readings with the values from..to-1 to a partition as one batch.</summary>
    public Task<WireReceipt> AppendAsync(string topic, int partition, int from, int to) =>
        Partition(topic, partition).AppendAsync(
            new WireAppend { Batches = [TestTopics.Batch([.. Enumerable.Range(from, to - from)])] });

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task OpenAsync(
        short silos,
        Action<WeirStreamOptions>? streams,
        Action<WeirLogOptions>? logs,
        Func<IEventLog, IEventLog>? wrap,
        bool isOnDisk)
    {
        var options = new WeirLogOptions();
        logs?.Invoke(options);
        SqliteEventLog log = await SqliteEventLog.OpenAsync(new SqliteEventLogOptions
        {
            Path = Path.Combine(_folder, "log.db"),
            TimeProvider = options.TimeProvider,
            RecentBytes = isOnDisk ? 0 : 32 << 20,
        });
        Log = wrap?.Invoke(log) ?? log;
        var builder = new InProcessTestClusterBuilder(silos);
        // The service owns what is stored; a new one would not find its subscriptions.
        builder.Options.ServiceId = "weir-tests";
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(Log);
            silo.Services.AddSingleton<ITopicTypes, TestTopics>();
            silo.AddWeirLogs(logs).AddWeirStreams(streams);
            silo.AddWeirGrainStorage(Path.Combine(_folder, "grains.db"));
            silo.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        builder.ConfigureClient(client => client.AddWeirStreams());
        Silos = builder.Build();
        await Silos.DeployAsync();
    }

    /// <summary>As after the end of the process: nothing is told to anybody, then a new cluster begins.</summary>
    public async Task CrashAndRestartAsync(Action<WeirStreamOptions>? streams = null)
    {
        foreach (InProcessSiloHandle silo in Silos.Silos.ToArray())
            await Silos.KillSiloAsync(silo);
        await CloseAsync();
        await OpenAsync(1, streams, null, null, isOnDisk: true);
    }

    private async Task CloseAsync()
    {
        await Silos.DisposeAsync();
        await Log.DisposeAsync();
    }
}
