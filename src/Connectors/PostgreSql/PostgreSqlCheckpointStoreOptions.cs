namespace Weir.Connectors.PostgreSql;

/// <summary>Where a <see cref="PostgreSqlCheckpointStore"/> keeps its files.</summary>
public sealed record PostgreSqlCheckpointStoreOptions
{
    /// <summary>The database, as <c>Host=db;Database=weir;Username=weir</c>. The role must own the database or the
    /// schema; it needs no other right.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The PostgreSQL schema of the tables, created if the role may; 1 to 63 lower-case letters, digits and
    /// '_', not beginning with a digit. Default <c>weir</c>.</summary>
    public string Schema { get; init; } = "weir";

    /// <summary>How many connections the process uses at most, beside four for reading open files; default 6.</summary>
    public int MaxConnections { get; init; } = 6;

    /// <summary>How long a statement may take before it fails as unavailable; default 10 s. A connection that does not
    /// answer is given up after twice this.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the bytes of a deleted file stay after nobody has it open any more; default 10 minutes. A
    /// process that does not run for so long may find a file gone that it has open.</summary>
    public TimeSpan DeletedBytesAge { get; init; } = TimeSpan.FromMinutes(10);

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ConnectionString);
        DatabaseSchema.CheckName(Schema);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Timeout, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(DeletedBytesAge, TimeSpan.FromMilliseconds(100));
    }
}
