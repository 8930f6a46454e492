namespace Weir.Grains.Tests.Storage;

using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.TestingHost;
using Weir.Connectors.Tests.Ado;
using Weir.Grains.Storage;

/// <summary>Grain storage on PostgreSQL holds what it holds on SQLite.</summary>
public sealed class OrleansPostgreSqlStorageTests(PostgreSqlServer server)
    : IClassFixture<PostgreSqlServer>, IAsyncLifetime
{
    private InProcessTestCluster? _silos;
    private ClusterDatabase? _database;

    public async Task InitializeAsync()
    {
        if (PostgreSqlServer.Programs is null && !PostgreSqlFactAttribute.IsRequired)
            return;
        _database = await ClusterDatabase.OpenAsync(server.ConnectionString);
        await ExecuteAsync("DELETE FROM OrleansStorage");
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) => silo
            .AddWeirGrainStorage((options, _) => options.UsePostgreSql(_database.Source))
            .Services.Configure<ExceptionSerializationOptions>(
                options => options.SupportedNamespacePrefixes.Add(nameof(Npgsql))));
        builder.ConfigureClient(client => client.Services.Configure<ExceptionSerializationOptions>(
            options => options.SupportedNamespacePrefixes.Add(nameof(Npgsql))));
        _silos = builder.Build();
        await _silos.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        if (_silos is not null)
            await _silos.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [PostgreSqlFact]
    public async Task Keys_that_read_as_one_number_do_not_share_a_row()
    {
        string[] names = ["b", "0b", "B", "1", "01", "b/0", "2cfd4c1c-3a4c-4dc1-b52d-d8bfd1e5a6aa"];
        for (int i = 0; i < names.Length; i++)
        {
            Assert.Equal(i + 1, await Note($"t:{names[i]}").AddAsync(i + 1));
            Assert.Equal(
                i + 100,
                await _silos!.Client.GetGrain<IOtherNoteGrain>($"t:{names[i]}").AddAsync(i + 100));
        }

        Assert.Equal(names.Length * 2, await CountAsync());
    }

    [PostgreSqlFact]
    public async Task State_outlives_activations_and_can_be_cleared()
    {
        INoteGrain note = Note("j:kept");
        Assert.Equal(1, await note.AddAsync(1));
        await note.ForgetAsync();
        Assert.Equal(3, await note.AddAsync(2));
        await note.ClearAsync();
        Assert.Equal(0, await CountAsync());
        Assert.Equal(5, await note.AddAsync(5));
        await note.ForgetAsync();
        Assert.Equal(6, await note.AddAsync(1));
    }

    [PostgreSqlFact]
    public async Task Of_two_writers_of_one_version_the_second_is_refused()
    {
        INoteGrain note = Note("j:raced");
        await note.AddAsync(1);
        await ExecuteAsync("UPDATE OrleansStorage SET Version = Version + 1");
        await Assert.ThrowsAsync<InconsistentStateException>(() => note.AddAsync(1));
        Assert.Equal(2, await note.AddAsync(1));

        await ExecuteAsync("UPDATE OrleansStorage SET Version = Version + 1");
        await Assert.ThrowsAsync<InconsistentStateException>(note.ClearAsync);
    }

    [PostgreSqlFact]
    public async Task A_state_that_was_removed_by_another_is_not_written_again()
    {
        INoteGrain note = Note("j:removed");
        await note.AddAsync(1);
        await ExecuteAsync("DELETE FROM OrleansStorage");

        await Assert.ThrowsAsync<InconsistentStateException>(() => note.AddAsync(1));

        Assert.Equal(0, await CountAsync());
    }

    [PostgreSqlFact]
    public async Task Many_first_writes_at_once_succeed()
    {
        int[] values = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Note($"t:many/{i}").AddAsync(i)));

        Assert.Equal(Enumerable.Range(0, 300), values);
        Assert.Equal(300, await CountAsync());
    }

    private INoteGrain Note(string key) => _silos!.Client.GetGrain<INoteGrain>(key);

    private async Task<long> CountAsync() => Convert.ToInt64(
        await ExecuteAsync("SELECT count(*) FROM OrleansStorage"), CultureInfo.InvariantCulture);

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = _database!.Source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
