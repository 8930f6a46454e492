namespace Weir.Grains.Tests.Storage;

using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService;
using Weir.Connectors.Tests.Ado;
using Weir.Grains.Storage;

/// <summary>Cluster membership on PostgreSQL, as Orleans asks for it: every change counts once.</summary>
public sealed class OrleansMembershipTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, 123, 456, DateTimeKind.Utc);
    private static int _clusters;

    [PostgreSqlFact]
    public async Task A_table_has_a_version_before_it_has_members()
    {
        AdoNetClusteringTable table = await OpenAsync();

        MembershipTableData empty = await table.ReadAllAsync();

        Assert.Empty(empty.Members);
        Assert.Equal((0, "0"), (empty.Version.Version, empty.Version.VersionEtag));
    }

    [PostgreSqlFact]
    public async Task A_member_is_read_as_it_was_written()
    {
        AdoNetClusteringTable table = await OpenAsync();
        MembershipEntry entry = Entry(1, SiloStatus.Joining);
        Assert.True(await table.InsertRowAsync(entry, Next(0)));
        await table.InsertRowAsync(Entry(2, SiloStatus.Active), Next(1));

        MembershipTableData one = await table.ReadRowAsync(entry.SiloAddress);
        (MembershipEntry read, string etag) = Assert.Single(one.Members);

        Assert.Equal(entry.SiloAddress, read.SiloAddress);
        Assert.Equal(
            (entry.SiloName, entry.HostName, entry.Status, entry.ProxyPort, entry.StartTime, entry.IAmAliveTime),
            (read.SiloName, read.HostName, read.Status, read.ProxyPort, read.StartTime, read.IAmAliveTime));
        Assert.Equal("2", etag);
        Assert.Equal(2, (await table.ReadAllAsync()).Members.Count);
    }

    [PostgreSqlFact]
    public async Task A_change_of_an_older_version_changes_nothing()
    {
        AdoNetClusteringTable table = await OpenAsync();
        await table.InsertRowAsync(Entry(1, SiloStatus.Joining), Next(0));

        Assert.False(await table.InsertRowAsync(Entry(2, SiloStatus.Joining), Next(0)));
        Assert.False(await table.UpdateRowAsync(Entry(1, SiloStatus.Active), "0", Next(0)));
        Assert.False(await table.UpdateRowAsync(Entry(9, SiloStatus.Active), "1", Next(1)));
        Assert.False(await table.InsertRowAsync(Entry(1, SiloStatus.Active), Next(1)));

        Assert.Equal(["1 Joining"], await ShowAsync(table));
        Assert.Equal(1, (await table.ReadAllAsync()).Version.Version);
    }

    [PostgreSqlFact]
    public async Task A_vote_is_kept_with_the_status()
    {
        AdoNetClusteringTable table = await OpenAsync();
        MembershipEntry entry = Entry(1, SiloStatus.Active);
        await table.InsertRowAsync(entry, Next(0));
        entry.Status = SiloStatus.Dead;
        entry.AddSuspector(Address(2), Noon);

        Assert.True(await table.UpdateRowAsync(entry, "1", Next(1)));

        (MembershipEntry read, _) = Assert.Single((await table.ReadAllAsync()).Members);
        Assert.Equal(SiloStatus.Dead, read.Status);
        Assert.Equal(Address(2), Assert.Single(read.SuspectTimes!).Item1);
    }

    [PostgreSqlFact]
    public async Task Of_many_that_join_at_once_each_is_told_the_truth()
    {
        AdoNetClusteringTable[] tables = await Task.WhenAll(Enumerable.Repeat(NewCluster(), 4).Select(OpenAsync));
        var joined = new int[8];

        await Task.WhenAll(Enumerable.Range(0, joined.Length).Select(async silo =>
        {
            AdoNetClusteringTable table = tables[silo % tables.Length];
            while (joined[silo] == 0)
            {
                int version = (await table.ReadAllAsync()).Version.Version;
                if (await table.InsertRowAsync(Entry(silo, SiloStatus.Joining), Next(version)))
                    joined[silo] = version + 1;
            }
        }));

        Assert.Equal(Enumerable.Range(1, joined.Length), joined.Order());
        Assert.Equal(joined.Length, (await tables[0].ReadAllAsync()).Members.Count);
    }

    [PostgreSqlFact]
    public async Task Gateways_are_those_of_active_silos_that_have_one()
    {
        string cluster = NewCluster();
        AdoNetClusteringTable table = await OpenAsync(cluster);
        await table.InsertRowAsync(Entry(1, SiloStatus.Active), Next(0));
        await table.InsertRowAsync(Entry(2, SiloStatus.Dead), Next(1));
        MembershipEntry without = Entry(3, SiloStatus.Active);
        without.ProxyPort = 0;
        await table.InsertRowAsync(without, Next(2));

        await using NpgsqlConnection connection = new(server.ConnectionString);
        await connection.OpenAsync();
        await using var query = new NpgsqlCommand(
            OrleansPostgreSqlSchema.Queries.Single(each => each.Key == "GatewaysQueryKey").Text, connection);
        query.Parameters.AddWithValue("DeploymentId", cluster);
        query.Parameters.AddWithValue("Status", (int)SiloStatus.Active);
        await using NpgsqlDataReader rows = await query.ExecuteReaderAsync();

        Assert.True(await rows.ReadAsync());
        Assert.Equal(("127.0.0.1", 30001, 1), (rows.GetString(0), rows.GetInt32(1), rows.GetInt32(2)));
        Assert.False(await rows.ReadAsync());
    }

    [PostgreSqlFact]
    public async Task Dead_members_are_cleaned_up_and_no_others()
    {
        AdoNetClusteringTable table = await OpenAsync();
        SiloStatus[] states = [SiloStatus.Dead, SiloStatus.Active, SiloStatus.Dead];
        for (int silo = 0; silo < states.Length; silo++)
            await table.InsertRowAsync(Entry(silo, states[silo]), Next(silo));
        MembershipEntry later = Entry(2, SiloStatus.Dead);
        later.IAmAliveTime = Noon.AddHours(2);
        await table.UpdateIAmAliveAsync(later);

        await table.CleanupDefunctSiloEntriesAsync(Noon.AddHours(1));

        Assert.Equal(["1 Active", "2 Dead"], await ShowAsync(table));
    }

    private static async Task<string[]> ShowAsync(AdoNetClusteringTable table) =>
    [
        .. (await table.ReadAllAsync()).Members
            .Select(member => $"{member.Item1.SiloAddress.Generation} {member.Item1.Status}")
            .Order(StringComparer.Ordinal),
    ];

    private static string NewCluster() =>
        Interlocked.Increment(ref _clusters).ToString(CultureInfo.InvariantCulture);

    private static SiloAddress Address(int silo) =>
        SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), silo);

    private static MembershipEntry Entry(int silo, SiloStatus status) => new()
    {
        SiloAddress = Address(silo),
        SiloName = $"silo-{silo}",
        HostName = "host",
        Status = status,
        ProxyPort = 30000 + silo,
        StartTime = Noon,
        IAmAliveTime = Noon,
    };

    private static TableVersion Next(int version) =>
        new(version + 1, version.ToString(CultureInfo.InvariantCulture));

    private Task<AdoNetClusteringTable> OpenAsync() => OpenAsync(NewCluster());

    private async Task<AdoNetClusteringTable> OpenAsync(string cluster)
    {
        ClusterDatabase database = await ClusterDatabase.OpenAsync(server.ConnectionString);
        var table = new AdoNetClusteringTable(
            serviceProvider: null!,
            Options.Create(new ClusterOptions { ClusterId = cluster, ServiceId = "tests" }),
            Options.Create(new AdoNetClusteringSiloOptions
            {
                Invariant = OrleansPostgreSqlStorage.Invariant,
                DataSource = database.Source,
            }),
            NullLogger<AdoNetClusteringTable>.Instance);
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        return table;
    }
}
