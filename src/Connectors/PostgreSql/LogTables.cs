namespace Weir.Connectors.PostgreSql;

/// <summary>The tables of the event log.</summary>
/// <remarks>
/// Identifiers of topics and partitions are never reused: the chunks of a deleted topic are removed in steps after its
/// row is gone, and <c>dropped_partitions</c> names those that may still have some. The row of a partition decides: who
/// holds its lock is the only one who appends to it, takes back or removes. Its <c>revision</c> grows when stored chunks
/// are changed. Chunks are found by <c>next_offset</c>: the one with the lowest value above an offset holds that offset;
/// those below <c>first_offset</c> are removed and may still be there. Names are compared byte by byte, whatever the
/// language of the database.
/// </remarks>
internal static class LogTables
{
    public static SchemaScript Script { get; } = new("event-log", [FirstVersion]);

    private const string FirstVersion = """
        CREATE TABLE topics (
            id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text COLLATE "C" NOT NULL UNIQUE,
            partition_count int4 NOT NULL,
            schema text NOT NULL,
            retention_age_ticks int8 NULL,
            retention_bytes int8 NULL,
            is_sealed bool NOT NULL DEFAULT false
        );
        CREATE TABLE partitions (
            id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            topic int8 NOT NULL REFERENCES topics (id),
            number int4 NOT NULL,
            first_offset int8 NOT NULL DEFAULT 0,
            next_offset int8 NOT NULL DEFAULT 0,
            stamp int8 NOT NULL,
            payload_bytes int8 NOT NULL DEFAULT 0,
            revision int8 NOT NULL DEFAULT 0,
            is_sealed bool NOT NULL DEFAULT false,
            UNIQUE (topic, number)
        ) WITH (fillfactor = 40);
        CREATE TABLE dropped_partitions (partition int8 PRIMARY KEY);
        CREATE TABLE chunks (
            partition int8 NOT NULL,
            next_offset int8 NOT NULL,
            from_offset int8 NOT NULL,
            stamp int8 NOT NULL,
            payload_bytes int8 NOT NULL,
            checksum int8 NOT NULL,
            producer_next int8 NULL,
            producer_checksum int8 NULL,
            producer text COLLATE "C" NULL,
            body bytea NOT NULL,
            PRIMARY KEY (partition, next_offset)
        );
        ALTER TABLE chunks ALTER COLUMN body SET STORAGE EXTERNAL;
        CREATE TABLE batch_schemas (id int4 PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE);
        CREATE TABLE producers (
            partition int8 NOT NULL,
            epoch int8 NOT NULL,
            next_sequence int8 NOT NULL,
            stamp int8 NOT NULL,
            last_offset int8 NOT NULL,
            producer text COLLATE "C" NOT NULL,
            recent bytea NOT NULL,
            PRIMARY KEY (partition, producer)
        ) WITH (fillfactor = 70);
        CREATE TABLE pins (
            name text COLLATE "C" NOT NULL,
            partition int8 NOT NULL,
            pinned_offset int8 NOT NULL,
            PRIMARY KEY (name, partition)
        );
        CREATE INDEX pins_by_partition ON pins (partition, pinned_offset);
        """;
}
