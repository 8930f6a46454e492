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
        short silos = 1, Action<WeirStreamOptions>? streams = null, Action<WeirLogOptions>? logs = null, IEventLog? log = null)
    {
        var cluster = new TestCluster();
        TimeProvider clock = TimeProvider.System;
        logs += options => clock = options.TimeProvider;
        var given = new WeirLogOptions();
        logs(given);
        cluster.Log = log ?? await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = Path.Combine(cluster._folder, "log.db"), TimeProvider = clock });
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(cluster.Log);
            silo.Services.AddSingleton<ITopicTypes, TestTopics>();
            silo.AddWeirLogs(logs).AddWeirStreams(streams);
            silo.AddWeirGrainStorage(Path.Combine(cluster._folder, "grains.db"));
            silo.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        builder.ConfigureClient(client => client.AddWeirStreams());
        cluster.Silos = builder.Build();
        await cluster.Silos.DeployAsync();
        return cluster;
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
        await Silos.DisposeAsync();
        await Log.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
