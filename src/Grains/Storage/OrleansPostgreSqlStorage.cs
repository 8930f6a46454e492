namespace Weir.Grains.Storage;

using Npgsql;
using Orleans.Configuration;

/// <summary>
/// Grain storage and cluster membership in PostgreSQL, through Microsoft.Orleans.Persistence.AdoNet and
/// Microsoft.Orleans.Clustering.AdoNet, whose packages bring no tables of their own.
/// </summary>
internal static class OrleansPostgreSqlStorage
{
    /// <summary>The name under which Orleans knows the library.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>Keeps the states in a database that has the tables.</summary>
    public static void UsePostgreSql(this AdoNetGrainStorageOptions options, NpgsqlDataSource source)
    {
        options.Invariant = Invariant;
        options.DataSource = source;
    }
}
