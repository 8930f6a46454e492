namespace Weir.Grains.Storage;

using Npgsql;
using Weir.Connectors.PostgreSql;
using Weir.Protocol.Logs;

/// <summary>
/// The PostgreSQL database of a cluster: one pool of connections for everything that a silo keeps there. Invariant:
/// whoever has it finds the tables of this release.
/// </summary>
internal sealed class ClusterDatabase : IAsyncDisposable
{
    /// <summary>The PostgreSQL schema of all tables of Weir.</summary>
    public const string Schema = "weir";

    // Orleans asks for little. With those of event log and checkpoints a silo has about 30; servers take 100 by default.
    private const int Connections = 10;

    private ClusterDatabase(NpgsqlDataSource source) => Source = source;

    /// <summary>The connections.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>What is wrong with a connection string, to follow its name; null: nothing. It tells no secret.</summary>
    public static string? FaultOf(string connectionString)
    {
        try
        {
            var text = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrWhiteSpace(text.Host) ? "names no Host" : null;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidCastException)
        {
            return "is not a connection string of PostgreSQL: write Host=...;Database=...;Username=...;Password=...";
        }
    }

    /// <summary>Connects, and creates or migrates the tables; several silos may do so at once.</summary>
    /// <exception cref="EventLogException">The database can not be used; the message says why.</exception>
    public static async Task<ClusterDatabase> OpenAsync(string connectionString, CancellationToken cancellation = default)
    {
        NpgsqlDataSource source = NpgsqlDataSource.Create(Complete(connectionString));
        try
        {
            await DatabaseSchema.MigrateAsync(source, Schema, [OrleansPostgreSqlSchema.Script], cancellation);
            return new ClusterDatabase(source);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    /// <summary>The connection string with what it leaves open.</summary>
    internal static string Complete(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString);

        // ContainsKey is true for every keyword that there is.
        ICollection<string> written = text.Keys;
        if (!written.Contains("Maximum Pool Size"))
            text.MaxPoolSize = Connections;
        if (!written.Contains("Application Name"))
            text.ApplicationName = "weir";

        // Orleans asks for its tables by their bare names.
        text.SearchPath = Schema;
        return text.ConnectionString;
    }
}
