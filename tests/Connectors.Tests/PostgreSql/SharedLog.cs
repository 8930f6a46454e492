namespace Weir.Connectors.Tests.PostgreSql;

using Npgsql;
using Weir.Connectors.PostgreSql;
using Weir.Connectors.Tests.Ado;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Several logs on one schema, as several processes would have them, with a topic of two partitions.</summary>
internal sealed class SharedLog : IAsyncDisposable
{
    public static readonly TopicPartition P0 = new("topic", 0);

    private static int _schemas;

    private readonly List<PostgreSqlEventLog> _logs = [];

    private SharedLog(PostgreSqlEventLogOptions options) => Options = options;

    public PostgreSqlEventLogOptions Options { get; }

    public PostgreSqlEventLog this[int index] => _logs[index];

    public static Task<SharedLog> OpenAsync(
        PostgreSqlServer server, int count, Func<PostgreSqlEventLogOptions, PostgreSqlEventLogOptions>? change = null) =>
        OpenAsync(server.ConnectionString, count, change);

    public static async Task<SharedLog> OpenAsync(
        string connection, int count, Func<PostgreSqlEventLogOptions, PostgreSqlEventLogOptions>? change = null)
    {
        var options = new PostgreSqlEventLogOptions
        {
            ConnectionString = connection,
            Schema = $"shared_{Interlocked.Increment(ref _schemas)}",
            MaxConnections = 6,
        };
        var shared = new SharedLog(change?.Invoke(options) ?? options);
        for (int i = 0; i < count; i++)
            await shared.AddAsync();
        await shared[0].CreateTopicAsync(new TopicSpec { Name = "topic", Partitions = 2, Schema = Events.Schema });
        return shared;
    }

    public async Task<PostgreSqlEventLog> AddAsync(
        Func<PostgreSqlEventLogOptions, PostgreSqlEventLogOptions>? change = null)
    {
        PostgreSqlEventLog log = await PostgreSqlEventLog.OpenAsync(change?.Invoke(Options) ?? Options);
        _logs.Add(log);
        return log;
    }

    public static AppendRequest Send(string producer, long sequence, params NewBatch[] batches) =>
        new() { Partition = P0, Producer = producer, Sequence = sequence, Batches = batches };

    /// <summary>All texts from an offset on, read by one of the logs; checks that batches follow each other.</summary>
    public static async Task<List<string>> ReadTextsAsync(IEventLog log, long from = 0, int maxEvents = 1000)
    {
        var texts = new List<string>();
        long end = (await log.DescribeAsync(P0)).Next;
        while (from < end)
        {
            LogFetch fetch = await log.ReadAsync(P0, from, new ReadLimits(maxEvents, 1 << 20));
            foreach (EventBatch batch in fetch.Batches)
            {
                Assert.Equal(from, batch.From);
                texts.AddRange(Events.Texts(batch));
                from = batch.Next;
            }

            Assert.Equal(from, fetch.Next);
        }

        return texts;
    }

    /// <summary>Runs SQL in the schema.</summary>
    public async Task<long> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            $"{Options.ConnectionString};Search Path={Options.Schema};Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // The tests say what to do.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync() is long number ? number : 0;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PostgreSqlEventLog log in _logs)
            await log.DisposeAsync();
    }
}
