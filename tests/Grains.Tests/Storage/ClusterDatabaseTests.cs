namespace Weir.Grains.Tests.Storage;

using System.Globalization;
using Npgsql;
using Weir.Connectors.Tests.Ado;
using Weir.Grains.Hosting;
using Weir.Grains.Storage;
using Weir.Protocol.Logs;

/// <summary>The tables of a cluster come to be by themselves, once, and with the rights of their owner alone.</summary>
public sealed class ClusterDatabaseTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    [PostgreSqlFact]
    public async Task Silos_that_start_at_once_make_the_tables_once()
    {
        string database = await CreateAsync("many");

        ClusterDatabase[] opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ClusterDatabase.OpenAsync(database)));

        Assert.Equal(
            (object)OrleansPostgreSqlSchema.Queries.Count,
            await ScalarAsync(database, "SELECT count(*) FROM weir.OrleansQuery"));
        foreach (ClusterDatabase each in opened)
            await each.DisposeAsync();
    }

    [PostgreSqlFact]
    public async Task Tables_of_a_newer_release_are_refused()
    {
        string database = await CreateAsync("newer");
        await (await ClusterDatabase.OpenAsync(database)).DisposeAsync();
        await ScalarAsync(database, "UPDATE weir.schema_versions SET version = 99 WHERE script = 'orleans'");

        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(() => ClusterDatabase.OpenAsync(database));

        Assert.Contains("use the newer release", refusal.Message, StringComparison.Ordinal);
    }

    [PostgreSqlFact]
    public async Task The_owner_of_the_database_needs_no_other_right()
    {
        await ScalarAsync(server.ConnectionString, "CREATE ROLE plain LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE");
        string database = await CreateAsync("owned OWNER plain");
        var asOwner = new NpgsqlConnectionStringBuilder(database) { Username = "plain" };

        await using (ClusterDatabase first = await ClusterDatabase.OpenAsync(asOwner.ConnectionString))
            Assert.NotNull(first.Source);
        await using ClusterDatabase again = await ClusterDatabase.OpenAsync(asOwner.ConnectionString);

        await ScalarAsync(server.ConnectionString, "CREATE ROLE guest LOGIN");
        var asGuest = new NpgsqlConnectionStringBuilder(await CreateAsync("foreign_one")) { Username = "guest" };
        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(
            () => ClusterDatabase.OpenAsync(asGuest.ConnectionString));
        Assert.Contains("let the role own", refusal.Message, StringComparison.Ordinal);
    }

    [PostgreSqlFact]
    public async Task A_database_that_is_away_is_told_without_a_secret()
    {
        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(
            () => ClusterDatabase.OpenAsync("Host=127.0.0.1;Port=1;Username=weir;Password=not-to-be-told"));

        Assert.Equal(EventLogError.Unavailable, refusal.Error);
        Assert.DoesNotContain("not-to-be-told", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_user_says_of_the_pool_holds()
    {
        Assert.Equal(10, new NpgsqlConnectionStringBuilder(ClusterDatabase.Complete("Host=a")).MaxPoolSize);
        Assert.Equal(
            100,
            new NpgsqlConnectionStringBuilder(ClusterDatabase.Complete("Host=a;MaxPoolSize=100")).MaxPoolSize);
    }

    [Fact]
    public void Wrong_options_are_one_sentence_each()
    {
        var options = new WeirOptions { Database = "Username=x", SegmentDirectory = " ", DefaultPartitions = 0 };

        string[] faults = [.. options.Faults()];

        Assert.Equal(3, faults.Length);
        Assert.Equal("Database names no Host.", faults[0]);
        Assert.Contains("SegmentDirectory is empty", faults[1], StringComparison.Ordinal);
        Assert.Contains("without Database", Assert.Single(new WeirOptions { SegmentDirectory = "/x" }.Faults()),
            StringComparison.Ordinal);
    }

    private static async Task<object?> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
#pragma warning disable CA2100 // The tests say what to ask.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync() is { } found ? Convert.ToInt32(found, CultureInfo.InvariantCulture) : null;
    }

    private async Task<string> CreateAsync(string name)
    {
        await ScalarAsync(server.ConnectionString, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Database = name.Split(' ')[0],
            Pooling = false,
        }.ConnectionString;
    }
}
