namespace Weir.Grains.Tests.Storage;

using Microsoft.Data.Sqlite;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.TestingHost;
using Weir.Grains.Storage;
using Weir.Grains.Tests.Streams;

public interface INoteGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int amount);

    Task ClearAsync();

    Task ForgetAsync();
}

public interface IOtherNoteGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int amount);
}

[GenerateSerializer]
public sealed class Note
{
    [Id(0)]
    public int Value { get; set; }
}

public sealed class NoteGrain(
    [PersistentState("note", OrleansSqliteStorage.StorageName)] IPersistentState<Note> note) : Grain, INoteGrain
{
    public async Task<int> AddAsync(int amount)
    {
        note.State.Value += amount;
        await note.WriteStateAsync();
        return note.State.Value;
    }

    public Task ClearAsync() => note.ClearStateAsync();

    public Task ForgetAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

public sealed class OtherNoteGrain(
    [PersistentState("other-note", OrleansSqliteStorage.StorageName)] IPersistentState<Note> note)
    : Grain, IOtherNoteGrain
{
    public async Task<int> AddAsync(int amount)
    {
        note.State.Value += amount;
        await note.WriteStateAsync();
        return note.State.Value;
    }
}

/// <summary>Grain storage on SQLite: what is written is kept, by one owner, and no two grains share a row.</summary>
public sealed class OrleansSqliteStorageTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-storage-").FullName;
    private InProcessTestCluster _silos = null!;

    private string Database => Path.Combine(_folder, "grains.db");

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) => silo.AddWeirGrainStorage(Database).AddMemoryStreams("memory"));
        builder.ConfigureClient(client => client.AddMemoryStreams("memory"));
        _silos = builder.Build();
        await _silos.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        await _silos.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("t:")]
    [InlineData("j:")]
    public async Task Keys_that_read_as_one_number_do_not_share_a_row(string prefix)
    {
        string[] names =
        [
            "b", "0b", "B", "00b", "1", "01", "b+c", "b/0", "b/00",
            "2cfd4c1c-3a4c-4dc1-b52d-d8bfd1e5a6aa", "2CFD4C1C-3A4C-4DC1-B52D-D8BFD1E5A6AA",
        ];

        for (int i = 0; i < names.Length; i++)
        {
            Assert.Equal(i + 1, await Note(prefix + names[i]).AddAsync(i + 1));
            Assert.Equal(i + 100, await Other(prefix + names[i]).AddAsync(i + 100));
        }

        Assert.Equal(names.Length * 2, CountRows());
    }

    [Fact]
    public async Task State_outlives_activations_and_can_be_cleared()
    {
        INoteGrain note = Note("j:kept");
        Assert.Equal(1, await note.AddAsync(1));
        await note.ForgetAsync();
        Assert.Equal(3, await note.AddAsync(2));
        await note.ClearAsync();
        Assert.Equal(0, CountRows());
        Assert.Equal(5, await note.AddAsync(5));
        await note.ForgetAsync();
        Assert.Equal(6, await note.AddAsync(1));
    }

    [Fact]
    public async Task Of_two_writers_of_one_version_the_second_is_refused()
    {
        INoteGrain note = Note("j:raced");
        await note.AddAsync(1);
        Execute("UPDATE OrleansStorage SET Version = Version + 1");

        await Assert.ThrowsAsync<InconsistentStateException>(() => note.AddAsync(1));
        Assert.Equal(2, await note.AddAsync(1));
    }

    [Fact]
    public async Task Many_first_writes_at_once_succeed()
    {
        int[] values = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Note($"t:many/{i}").AddAsync(i)));

        Assert.Equal(Enumerable.Range(0, 300), values);
        Assert.Equal(300, CountRows());
    }

    [Fact]
    public async Task Subscriptions_of_partitions_and_topics_have_rows_of_their_own()
    {
        IStreamProvider streams = _silos.Client.GetStreamProvider("memory");
        (string, string)[] ids = [("b", "0"), ("b", "00"), ("0b", "0"), ("B", "0"), ("b", "1")];
        foreach ((string topic, string partition) in ids)
            await streams.GetStream<int>(topic, partition).SubscribeAsync(new Ignoring());

        Assert.Equal(ids.Length, CountRows());
        foreach ((string topic, string partition) in ids)
            Assert.Single(await streams.GetStream<int>(topic, partition).GetAllSubscriptionHandles());
    }

    [Fact]
    public void Initializing_again_changes_nothing_and_a_newer_file_is_refused()
    {
        OrleansSqliteStorage.Initialize(Database);
        Parallel.For(0, 4, _ => OrleansSqliteStorage.Initialize(Database));
        Execute("PRAGMA user_version = 99");

        Assert.Throws<InvalidOperationException>(() => OrleansSqliteStorage.Initialize(Database));
    }

    private INoteGrain Note(string key) => _silos.Client.GetGrain<INoteGrain>(key);

    private IOtherNoteGrain Other(string key) => _silos.Client.GetGrain<IOtherNoteGrain>(key);

    private int CountRows() => (int)Execute("SELECT count(*) FROM OrleansStorage");

    private long Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database}");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    private sealed class Ignoring : IAsyncObserver<int>
    {
        public Task OnNextAsync(int item, StreamSequenceToken? token = null) => Task.CompletedTask;

        public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
    }
}
