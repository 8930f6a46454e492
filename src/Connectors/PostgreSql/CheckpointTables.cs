namespace Weir.Connectors.PostgreSql;

/// <summary>The tables of the store of checkpoints.</summary>
/// <remarks>
/// A file is a row and its bytes are rows of the same size, the last one shorter: byte <c>b</c> stands in row
/// <c>b / row_bytes</c>. They are stored as they are, so that a part of a row is read without the rest of it. A file that
/// was deleted has no name any more and keeps its bytes until nobody can have it open.
/// </remarks>
internal static class CheckpointTables
{
    public static SchemaScript Script { get; } = new("checkpoint-files", [FirstVersion]);

    private const string FirstVersion = """
        CREATE TABLE checkpoint_files (
            id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            length int8 NOT NULL,
            row_bytes int4 NOT NULL,
            deleted timestamptz NULL,
            name text COLLATE "C" NOT NULL
        );
        CREATE UNIQUE INDEX checkpoint_files_by_name ON checkpoint_files (name) WHERE deleted IS NULL;
        CREATE INDEX checkpoint_files_deleted ON checkpoint_files (deleted) WHERE deleted IS NOT NULL;
        CREATE TABLE checkpoint_bytes (
            file int8 NOT NULL,
            number int4 NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (file, number)
        );
        ALTER TABLE checkpoint_bytes ALTER COLUMN body SET STORAGE EXTERNAL;
        """;
}
