namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Protocol.Logs;

/// <summary>Turns failures of SQLite into the errors of the log's contract.</summary>
internal static class StorageFailure
{
    // The statements are always the same: what they name is not there, or contradicts itself.
    private const int ErrorCode = 1;
    private const int ConstraintCode = 19;
    private const int CorruptCode = 11;
    private const int FullCode = 13;
    private const int NotADatabaseCode = 26;

    /// <summary>Each caller gets an exception of its own: several are answered from one failure.</summary>
    public static EventLogException ToEventLogException(Exception failure, string path) => failure switch
    {
        EventLogException known => new EventLogException(known.Error, known.Message, known),
        SqliteException { SqliteErrorCode: FullCode } => new EventLogException(
            EventLogError.Full,
            $"The event log '{path}' is full; free disk space, raise its limit or shorten retention, then repeat.",
            failure),
        SqliteException { SqliteErrorCode: ErrorCode or ConstraintCode or CorruptCode or NotADatabaseCode }
            or InvalidCastException or InvalidOperationException or FormatException => new EventLogException(
            EventLogError.Corrupt,
            $"The event log '{path}' is damaged ({failure.Message}); restore the file from a copy.",
            failure),
        _ => new EventLogException(
            EventLogError.Unavailable,
            $"The event log '{path}' failed ({failure.Message}); whether the request was stored is unknown, repeat it.",
            failure),
    };
}
