namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;

/// <summary>Turns failures of the database into the errors of the contracts.</summary>
internal static class DatabaseFailure
{
    /// <summary>Each caller gets an exception of its own: several are answered from one failure.</summary>
    public static EventLogException ToEventLogException(Exception failure, string where) => failure switch
    {
        EventLogException known => new EventLogException(known.Error, known.Message, known),
        _ when IsFull(failure) => new EventLogException(
            EventLogError.Full,
            $"The database has no room for {where}; free disk space or shorten retention, then repeat.",
            failure),
        _ when IsCorrupt(failure) => new EventLogException(
            EventLogError.Corrupt,
            $"The database is damaged at {where} ({TextOf(failure)}); restore it from a copy.",
            failure),
        _ => new EventLogException(
            EventLogError.Unavailable,
            $"The database failed at {where} ({TextOf(failure)}); whether the request was stored is unknown, repeat it.",
            failure),
    };

    /// <summary>What a store of checkpoints says.</summary>
    public static CheckpointStoreException ToStoreException(Exception failure, string where) => failure switch
    {
        CheckpointStoreException known => known,
        _ when IsFull(failure) => new CheckpointStoreException(
            CheckpointStoreError.Full, $"The database has no room for {where}; free disk space and repeat.", failure),
        _ when IsCorrupt(failure) => new CheckpointStoreException(
            CheckpointStoreError.Corrupt,
            $"The database is damaged at {where} ({TextOf(failure)}); restore it from a copy.",
            failure),
        _ => new CheckpointStoreException(
            CheckpointStoreError.Unavailable,
            $"The database failed at {where} ({TextOf(failure)}); whether a file was written is unknown, repeat it under "
            + "another name.",
            failure),
    };

    /// <summary>Whether it is the database that failed, not the program.</summary>
    public static bool Is(Exception failure) => failure is NpgsqlException or TimeoutException or IOException;

    public static bool IsFull(Exception failure) => StateOf(failure) is PostgresErrorCodes.DiskFull;

    /// <summary>A row that is there although the partition ends before it is damage as well.</summary>
    public static bool IsCorrupt(Exception failure) => StateOf(failure) is
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted or PostgresErrorCodes.UniqueViolation;

    /// <summary>Whether the connection itself is gone, so that another may do better at once.</summary>
    public static bool IsBroken(Exception failure) => failure switch
    {
        PostgresException known => known.SqlState.StartsWith("57P", StringComparison.Ordinal),
        NpgsqlException { InnerException: TimeoutException } => false,
        _ => failure is NpgsqlException or IOException,
    };

    private static string? StateOf(Exception failure) => (failure as PostgresException)?.SqlState;

    private static string TextOf(Exception failure) => failure switch
    {
        PostgresException known => $"{known.SqlState}: {known.MessageText.TrimEnd('.')}",
        { InnerException: { } inner } => $"{failure.Message.TrimEnd('.')}: {inner.Message.TrimEnd('.')}",
        _ => failure.Message.TrimEnd('.'),
    };
}
