namespace Weir.Connectors.PostgreSql;

/// <summary>Where a <see cref="PostgreSqlEventLog"/> lives and how much it may use.</summary>
public sealed record PostgreSqlEventLogOptions
{
    /// <summary>The database, as <c>Host=db;Database=weir;Username=weir</c>. The role must own the database or the
    /// schema; it needs no other right.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The PostgreSQL schema of the tables, created if the role may; 1 to 63 lower-case letters, digits and
    /// '_', not beginning with a digit. Default <c>weir</c>. Logs in other schemas of the database are other logs.
    /// </summary>
    public string Schema { get; init; } = "weir";

    /// <summary>The clock that stamps batches.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The largest append, in payload bytes plus 16 bytes a batch; a larger one is an invalid request.
    /// Default 16 MiB, at most 64 MiB.</summary>
    public int MaxRequestBytes { get; init; } = 16 << 20;

    /// <summary>How many waiting requests one transaction takes at most; default 1024.</summary>
    public int MaxGroupRequests { get; init; } = 1024;

    /// <summary>How many bytes of requests one transaction takes at most (but always one request); default 8 MiB.
    /// </summary>
    public long MaxGroupBytes { get; init; } = 8 << 20;

    /// <summary>How many requests may wait; further ones are refused as unavailable. Default 65 536.</summary>
    public int MaxQueuedRequests { get; init; } = 65_536;

    /// <summary>How many bytes of requests may wait; further ones are refused as unavailable. Default 128 MiB.
    /// </summary>
    public long MaxQueuedBytes { get; init; } = 128 << 20;

    /// <summary>How many connections append; each has partitions of its own. Default 2.</summary>
    public int AppendConnections { get; init; } = 2;

    /// <summary>How many connections the process uses at most, those that append and the one that listens included;
    /// default 10.</summary>
    public int MaxConnections { get; init; } = 10;

    /// <summary>How long a statement may take, a wait for another process's transaction included, before it fails as
    /// unavailable; default 10 s. A connection that does not answer is given up after twice this.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long "there is nothing new" is answered from memory after the database was asked, unless news
    /// come; default 100 ms.</summary>
    public TimeSpan TailAge { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often all ends are looked up, in case a notification was lost; default 5 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a producer is remembered after its last append, once all it appended was removed; default 7
    /// days, and never less than the topic's retention by age. While any of its events is retained it is not forgotten.
    /// </summary>
    public TimeSpan ProducerExpiry { get; init; } = TimeSpan.FromDays(7);

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ConnectionString);
        DatabaseSchema.CheckName(Schema);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequestBytes, 1024);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRequestBytes, 64 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxGroupRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxGroupBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxGroupBytes, 64 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedBytes, MaxRequestBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(AppendConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, AppendConnections + 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(Timeout, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(TailAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(PollInterval, TimeSpan.FromMilliseconds(10));
        ArgumentOutOfRangeException.ThrowIfLessThan(ProducerExpiry, TimeSpan.Zero);
    }
}
