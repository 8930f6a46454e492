namespace Weir.Connectors.Sqlite;

/// <summary>Where a <see cref="SqliteEventLog"/> lives and how much it may use.</summary>
public sealed record SqliteEventLogOptions
{
    /// <summary>The database file; its directory is created. Beside it stand SQLite's <c>-wal</c> and <c>-shm</c> files
    /// and a <c>.lock</c> file that keeps a second process out.</summary>
    public required string Path { get; init; }

    /// <summary>The clock that stamps batches.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The largest append, in payload bytes plus 16 bytes a batch; a larger one is an invalid request.
    /// Default 16 MiB, at most 256 MiB.</summary>
    public int MaxRequestBytes { get; init; } = 16 << 20;

    /// <summary>How many waiting requests one transaction takes at most; default 1024.</summary>
    public int MaxGroupRequests { get; init; } = 1024;

    /// <summary>How many bytes of requests one transaction takes at most (but always one request); default 16 MiB.
    /// </summary>
    public long MaxGroupBytes { get; init; } = 16 << 20;

    /// <summary>How many requests may wait; further ones are refused as unavailable. Default 65 536.</summary>
    public int MaxQueuedRequests { get; init; } = 65_536;

    /// <summary>How many bytes of requests may wait; further ones are refused as unavailable. Default 128 MiB.
    /// </summary>
    public long MaxQueuedBytes { get; init; } = 128 << 20;

    /// <summary>Bytes of the newest chunks kept in memory, from which readers at the end are served without touching
    /// the database; default 32 MiB, 0 for none.</summary>
    public long RecentBytes { get; init; } = 32 << 20;

    /// <summary>Number of connections that read at the same time; default 4.</summary>
    public int ReadConnections { get; init; } = 4;

    /// <summary>Page cache of each connection in KiB; default 4096.</summary>
    public int PageCacheKilobytes { get; init; } = 4096;

    /// <summary>Pages of 8 KiB that are written into the write-ahead log before they are copied into the database, beside
    /// the appends; default 1024. The log holds six to eight times as many before it begins anew.</summary>
    public int CheckpointPages { get; init; } = 1024;

    /// <summary>The size in bytes that the database may not exceed; beyond it appends are refused as full. Null: the
    /// disk is the limit.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>How long to wait for a lock that another program, such as a database browser, holds; default 5 s.
    /// </summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a producer is remembered after its last append, once all it appended was removed; default 7
    /// days, and never less than the topic's retention by age. While any of its events is retained it is not forgotten.
    /// </summary>
    public TimeSpan ProducerExpiry { get; init; } = TimeSpan.FromDays(7);

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Path);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequestBytes, 1024);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRequestBytes, 256 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxGroupRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxGroupBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedBytes, MaxRequestBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(RecentBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReadConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PageCacheKilobytes, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointPages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytes ?? long.MaxValue, LogFile.PageSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(BusyTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ProducerExpiry, TimeSpan.Zero);
    }
}
