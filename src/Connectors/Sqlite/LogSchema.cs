namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Protocol.Logs;

/// <summary>
/// The tables of the log and how older ones become them. Invariant: a database is used only when it is ours
/// (<c>application_id</c>) and its <c>user_version</c> equals <see cref="Version"/>.
/// </summary>
internal static class LogSchema
{
    /// <summary>"WEIR" in ASCII.</summary>
    private const int ApplicationId = 0x57454952;

    /// <summary>Step i leads from version i to version i + 1; a step that was released is never edited.</summary>
    private static readonly string[] Steps = [FirstVersion, ChunkOrigins, RowChecksums];

    /// <summary>The version that this code reads and writes.</summary>
    public static int Version => Steps.Length;

    /// <remarks>
    /// Identifiers of topics and partitions are never reused (AUTOINCREMENT): the chunks of a deleted topic are removed
    /// in steps after its row is gone, and <c>dropped_partitions</c> names those that may still have some.
    /// A partition's <c>next_offset</c> is stored because it must outlive its chunks.
    /// Chunks are found by <c>next_offset</c>: the one with the lowest value above an offset holds that offset.
    /// </remarks>
    private const string FirstVersion = """
        CREATE TABLE topics (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            partition_count INTEGER NOT NULL,
            schema TEXT NOT NULL,
            retention_age_ticks INTEGER NULL,
            retention_bytes INTEGER NULL,
            is_sealed INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE partitions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            topic INTEGER NOT NULL REFERENCES topics (id),
            number INTEGER NOT NULL,
            first_offset INTEGER NOT NULL,
            next_offset INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            payload_bytes INTEGER NOT NULL,
            is_sealed INTEGER NOT NULL,
            UNIQUE (topic, number)
        );
        CREATE TABLE dropped_partitions (partition INTEGER PRIMARY KEY);
        CREATE TABLE chunks (
            id INTEGER PRIMARY KEY,
            partition INTEGER NOT NULL,
            next_offset INTEGER NOT NULL,
            from_offset INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            payload_bytes INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            body BLOB NOT NULL
        );
        CREATE UNIQUE INDEX chunks_by_offset ON chunks (partition, next_offset);
        CREATE TABLE batch_schemas (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE producers (
            partition INTEGER NOT NULL,
            producer TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            next_sequence INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            last_offset INTEGER NOT NULL,
            recent BLOB NOT NULL,
            PRIMARY KEY (partition, producer)
        ) WITHOUT ROWID;
        CREATE TABLE pins (
            name TEXT NOT NULL,
            partition INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            PRIMARY KEY (name, partition)
        ) WITHOUT ROWID;
        CREATE INDEX pins_by_partition ON pins (partition, offset);
        """;

    /// <remarks>
    /// Who appended a chunk and the sequence behind it, so that it can be taken back. A table of its own: columns behind
    /// a chunk's body could not be read without the body. Chunks of the first version have no row here.
    /// </remarks>
    private const string ChunkOrigins = """
        CREATE TABLE chunk_origins (
            partition INTEGER NOT NULL,
            next_offset INTEGER NOT NULL,
            producer TEXT NOT NULL,
            next_sequence INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (partition, next_offset)
        ) WITHOUT ROWID;
        """;

    private const string RowChecksums = """
        ALTER TABLE topics ADD COLUMN checksum INTEGER NULL;
        ALTER TABLE partitions ADD COLUMN checksum INTEGER NULL;
        ALTER TABLE batch_schemas ADD COLUMN checksum INTEGER NULL;
        """;

    /// <summary>Creates or migrates the tables in one transaction; the caller holds the log's lock, and closes the
    /// connection if this fails, which takes everything back.</summary>
    public static void Prepare(SqliteConnection connection, string path)
    {
        LogFile.Execute(connection, "BEGIN IMMEDIATE;");
        long version = LogFile.ReadNumber(connection, "PRAGMA user_version;");
        Check(connection, path, version);
        for (long step = version; step < Version; step++)
            LogFile.Execute(connection, Steps[step]);
        if (version < Version)
            LogFile.Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version};");
        LogFile.Execute(connection, "COMMIT;");
    }

    private static void Check(SqliteConnection connection, string path, long version)
    {
        if (version > Version)
            throw new EventLogException(
                EventLogError.Incompatible,
                $"The event log '{path}' has format version {version} but this program knows versions up to {Version}; "
                + "open it with the newer release that wrote it.");
        bool isEmpty = LogFile.ReadNumber(connection, "SELECT count(*) FROM sqlite_schema;") == 0;
        if (!isEmpty && LogFile.ReadNumber(connection, "PRAGMA application_id;") != ApplicationId)
            throw new EventLogException(
                EventLogError.Incompatible,
                $"The file '{path}' is an SQLite database of another program, not an event log; choose another path.");
    }
}
