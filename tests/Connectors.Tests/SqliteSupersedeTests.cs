namespace Weir.Connectors.Tests;

using Microsoft.Data.Sqlite;
using Weir.Connectors.Sqlite;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Taking back on SQLite: readers beside it, older formats, damage.</summary>
public sealed class SqliteSupersedeTests : IAsyncLifetime
{
    private static readonly TopicPartition P0 = new("topic", 0);

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-log-").FullName;
    private SqliteEventLog _log = null!;

    private string LogPath => Path.Combine(_folder, "log.db");

    public async Task InitializeAsync()
    {
        await OpenAsync();
        await _log.CreateTopicAsync(new TopicSpec { Name = "topic", Partitions = 1, Schema = Events.Schema });
    }

    public async Task DisposeAsync()
    {
        await _log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(32 << 20)]
    public async Task Readers_beside_it_see_every_offset_once_as_it_was_or_taken_back(int recentBytes)
    {
        await _log.DisposeAsync();
        await OpenAsync(recentBytes);
        for (int i = 0; i < 50; i++)
        {
            await SendAsync("a", i * 4, Events.Numbers(i * 4, 3), Events.Numbers((i * 4) + 3, 1));
            await SendAsync("b", i, Events.Batch("b"));
        }

        using var stop = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 4).Select(reader => Task.Run(() => ReadAsync(reader, stop.Token)))];
        for (int from = 195; from >= 0; from -= 5)
            Assert.Equal(5, await SupersedeAsync(from));
        await stop.CancelAsync();
        await Task.WhenAll(readers);

        Assert.All(await ReadAllAsync(2), text => Assert.Equal("b", text));

        async Task ReadAsync(int reader, CancellationToken token)
        {
            do
            {
                List<string> texts = await ReadAllAsync(3 + (reader * 10));
                Assert.Equal(50, texts.Count(text => text == "b"));
                string[] numbers = [.. texts.Where(text => text != "b")];
                Assert.Equal(Enumerable.Range(0, numbers.Length).Select(i => $"{i}"), numbers);
            }
            while (!token.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task A_log_of_the_first_format_is_migrated_and_takes_back_what_came_since()
    {
        await SendAsync("a", 0, Events.Numbers(0, 3));
        await SendAsync("old", 0, Events.Numbers(0, 3));
        await _log.DisposeAsync();
        Execute("DROP TABLE chunk_origins; ALTER TABLE topics DROP COLUMN checksum; "
            + "ALTER TABLE partitions DROP COLUMN checksum; ALTER TABLE batch_schemas DROP COLUMN checksum; "
            + "PRAGMA user_version = 1");

        for (int i = 0; i < 2; i++)
        {
            await OpenAsync();
            await _log.DisposeAsync();
        }

        await OpenAsync();
        await SendAsync("a", 3, Events.Numbers(3, 2));
        Assert.Equal(1, await SupersedeAsync(4));
        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(() => SupersedeAsync(0, "old"));
        Assert.Equal(EventLogError.InvalidRequest, refusal.Error);
        Assert.Equal(["0", "1", "2", "0", "1", "2", "3"], await ReadAllAsync(100));
        await SendAsync("old", 3, Events.Numbers(3, 1));
    }

    [Theory]
    [InlineData("UPDATE chunk_origins SET next_sequence = next_sequence + 1 WHERE next_offset = 6")]
    [InlineData("UPDATE chunk_origins SET producer = 'a' WHERE producer = 'b'")]
    [InlineData("UPDATE chunk_origins SET next_offset = next_offset + 100 WHERE next_offset = 10")]
    [InlineData("DELETE FROM chunks WHERE next_offset = 6")]
    [InlineData("UPDATE chunks SET body = CAST(replace(body, X'34', X'35') AS BLOB) WHERE next_offset = 6")]
    public async Task Damage_is_found_before_anything_is_taken_back(string damage)
    {
        await SendAsync("a", 0, Events.Numbers(0, 3));
        await SendAsync("a", 3, Events.Numbers(3, 3));
        await SendAsync("b", 0, Events.Numbers(0, 3));
        await SendAsync("a", 6, Events.Numbers(6, 1));
        await _log.DisposeAsync();
        Execute(damage);
        await OpenAsync();

        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(() => SupersedeAsync(1));

        Assert.Equal(EventLogError.Corrupt, failure.Error);
        Assert.Equal(["0", "1", "2"], (await _log.ReadAsync(P0, 0, new ReadLimits(1, 1))).Batches.SelectMany(Events.Texts));
        Assert.Equal(6, await _log.LastSequenceAsync("a", P0));
        await SendAsync("a", 7, Events.Numbers(7, 1));
    }

    [Fact]
    public async Task Origins_go_with_their_chunks()
    {
        await SendAsync("a", 0, Events.Numbers(0, 3));
        await SendAsync("a", 3, Events.Numbers(3, 3));
        await SendAsync("a", 6, Events.Numbers(6, 3));
        await _log.TruncateAsync(P0, 4);
        await _log.CreateTopicAsync(new TopicSpec { Name = "other", Partitions = 1, Schema = Events.Schema });
        await _log.AppendAsync(
            new AppendRequest { Partition = new("other", 0), Producer = "a", Batches = [Events.Numbers(0, 1)] });
        await _log.DeleteTopicAsync("other");
        Assert.Equal(3, await SupersedeAsync(6));
        await _log.DisposeAsync();

        Assert.Equal(1, Number("SELECT count(*) FROM chunk_origins"));
        Assert.Equal(2, Number("SELECT count(*) FROM chunks"));
        await OpenAsync();
    }

    private async Task OpenAsync(int recentBytes = 32 << 20) => _log = await SqliteEventLog.OpenAsync(
        new SqliteEventLogOptions { Path = LogPath, RecentBytes = recentBytes });

    private Task<AppendResult> SendAsync(string producer, long sequence, params NewBatch[] batches) => _log.AppendAsync(
        new AppendRequest { Partition = P0, Producer = producer, Sequence = sequence, Batches = batches });

    private Task<long> SupersedeAsync(long from, string producer = "a") => _log.SupersedeAsync(
        new SupersedeRequest { Partition = P0, Producer = producer, FromSequence = from, Epoch = 0 });

    private async Task<List<string>> ReadAllAsync(int maxEvents)
    {
        var texts = new List<string>();
        long end = (await _log.DescribeAsync(P0)).Next;
        for (long from = 0; from < end;)
        {
            LogFetch fetch = await _log.ReadAsync(P0, from, new ReadLimits(maxEvents, 1 << 20));
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

    private void Execute(string sql)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests say what to do.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private long Number(string sql)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests say what to ask.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={LogPath};Pooling=False");
        connection.Open();
        return connection;
    }
}
