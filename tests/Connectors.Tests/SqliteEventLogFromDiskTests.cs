namespace Weir.Connectors.Tests;

using Weir.Connectors.Sqlite;
using Weir.Protocol.Logs;

/// <summary>
/// The same contract with nothing kept in memory, so that every read goes to the database, and with every commit copied
/// into it at once.
/// </summary>
public sealed class SqliteEventLogFromDiskTests : EventLogContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-log-").FullName;

    protected override async Task<IEventLog> OpenAsync() => await SqliteEventLog.OpenAsync(new SqliteEventLogOptions
    {
        Path = Path.Combine(_folder, "log.db"),
        TimeProvider = Clock,
        RecentBytes = 0,
        ReadConnections = 1,
        CheckpointPages = 1,
    });

    protected override Task CleanAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }
}
