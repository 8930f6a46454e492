namespace Weir.Connectors.Tests.PostgreSql;

using Npgsql;
using Weir.Connectors.PostgreSql;
using Weir.Connectors.Tests.Ado;
using Weir.Engine.Codecs;
using Weir.Protocol.Checkpoints;

/// <summary>The store on PostgreSQL through the contract, and what several processes do to one another.</summary>
[OnPostgreSql]
public sealed class PostgreSqlCheckpointStoreTests(PostgreSqlServer server)
    : CheckpointStoreContract, IClassFixture<PostgreSqlServer>, IAsyncLifetime
{
    private static int _schemas;

    private PostgreSqlCheckpointStore _store = null!;

    private PostgreSqlCheckpointStoreOptions Options { get; } = new()
    {
        ConnectionString = server.ConnectionString,
        Schema = $"files_{Interlocked.Increment(ref _schemas)}",
    };

    protected override ICheckpointStore Store => _store;

    public async Task InitializeAsync()
    {
        if (PostgreSqlServer.Programs is not null || PostgreSqlFactAttribute.IsRequired)
            _store = await PostgreSqlCheckpointStore.OpenAsync(Options);
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [PostgreSqlFact]
    public async Task Parts_of_any_size_are_read_in_pieces_of_any_size()
    {
        var random = new Random(5);
        int[] sizes = [1, 70_000, (1 << 20) - 70_001, 1 << 20, 3 << 20, 0, 5, 123_456];
        byte[] all = new byte[sizes.Sum()];
        random.NextBytes(all);
        int begin = 0;
        await Store.WriteAsync("a", [.. sizes.Select(size => new ReadOnlyMemory<byte>(all, (begin += size) - size, size))]);
        using IStoredFile file = await Store.OpenAsync("a");
        Assert.Equal(all.Length, file.Length);
        foreach (int size in new[] { all.Length, 1, 100, 4096, 65_536, 65_537, 1 << 20, (2 << 20) + 1 })
        {
            for (int i = 0; i < 10; i++)
            {
                int at = i == 0 ? all.Length - size : random.Next(all.Length - size + 1);
                byte[] read = new byte[size];
                file.Read(at, read);
                Assert.True(read.AsSpan().SequenceEqual(all.AsSpan(at, size)), $"{size} bytes at {at}");
            }
        }
    }

    [PostgreSqlFact]
    public async Task A_file_that_is_open_is_read_after_another_process_deleted_it()
    {
        // Who reads says so every third of this; a busy machine may keep it from that for a second or two.
        PostgreSqlCheckpointStoreOptions quick = Options with { DeletedBytesAge = TimeSpan.FromSeconds(5) };
        await using PostgreSqlCheckpointStore reading = await PostgreSqlCheckpointStore.OpenAsync(quick);
        await using PostgreSqlCheckpointStore deleting = await PostgreSqlCheckpointStore.OpenAsync(quick);
        byte[] bytes = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
        await Store.WriteAsync("kept", [bytes]);
        await Store.WriteAsync("gone", [bytes]);
        IStoredFile file = await reading.OpenAsync("kept");

        await deleting.DeleteAsync("kept");
        await deleting.DeleteAsync("gone");

        await Until(async () => await CountAsync("checkpoint_files") == 1);
        await Store.WriteAsync("kept", [bytes.AsMemory(0, 10)]);
        byte[] read = new byte[bytes.Length];
        file.Read(0, read);
        Assert.Equal(bytes, read);
        Assert.Equal(10, await reading.LengthAsync("kept"));
        file.Dispose();
        await Until(async () => await CountAsync("checkpoint_files") == 1);
        Assert.Equal(1, await CountAsync("checkpoint_bytes"));
    }

    [PostgreSqlFact]
    public async Task Missing_bytes_are_reported_when_read()
    {
        await Store.WriteAsync("a", [new byte[3 << 20]]);
        using IStoredFile file = await Store.OpenAsync("a");
        await ExecuteAsync("DELETE FROM checkpoint_bytes WHERE number = 1");

        file.Read(0, new byte[1 << 20]);
        file.Read(2 << 20, new byte[1 << 20]);
        Assert.Throws<CorruptDataException>(() => file.Read((1 << 20) - 5, new byte[10]));
        Assert.Throws<CorruptDataException>(() => file.Read(0, new byte[3 << 20]));
    }

    [PostgreSqlFact]
    public async Task A_write_that_fails_leaves_nothing_and_a_full_disk_is_said()
    {
        await ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.number = 2 THEN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON checkpoint_bytes FOR EACH ROW EXECUTE FUNCTION refuse();
            """);

        await AssertFailsAsync(CheckpointStoreError.Full, () => Store.WriteAsync("a", [new byte[3 << 20]]));

        Assert.Null(await Store.LengthAsync("a"));
        Assert.Equal(0, await CountAsync("checkpoint_bytes"));
        await Store.WriteAsync("a", [new byte[2 << 20]]);
    }

    [PostgreSqlFact]
    public async Task A_process_whose_writer_dies_leaves_the_name_free()
    {
        await using var dying = new NpgsqlConnection(
            $"{server.ConnectionString};Search Path={Options.Schema};Pooling=false");
        await dying.OpenAsync();
        await using var begun = new NpgsqlCommand(
            "BEGIN; INSERT INTO checkpoint_files (name, length, row_bytes) VALUES ('a', 1, 1)", dying);
        await begun.ExecuteNonQueryAsync();
        Task writing = WriteAsync("a", "x");

        await dying.CloseAsync();

        await writing;
        Assert.Equal(1, await Store.LengthAsync("a"));
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (int i = 0; i < 3000 && !await condition(); i++)
            await timer.WaitForNextTickAsync();
        Assert.True(await condition());
    }

    private Task<long> CountAsync(string table) => ExecuteAsync($"SELECT count(*) FROM {table}");

    private async Task<long> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            $"{server.ConnectionString};Search Path={Options.Schema};Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // The tests say what to do.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync() is long number ? number : 0;
    }
}
