namespace Weir.Grains.Storage;

/// <summary>
/// The tables and the text of the queries that Orleans looks up by key. The names of queries, columns and parameters
/// are Orleans'; a write or a clear that lost the race returns no row, which Orleans reports as a conflict.
/// </summary>
internal static class OrleansSqliteSchema
{
    public const string Tables = """
        CREATE TABLE IF NOT EXISTS OrleansQuery (
            QueryKey TEXT NOT NULL PRIMARY KEY,
            QueryText TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS OrleansStorage (
            GrainIdHash INTEGER NOT NULL,
            GrainIdN0 INTEGER NOT NULL,
            GrainIdN1 INTEGER NOT NULL,
            GrainTypeHash INTEGER NOT NULL,
            GrainTypeString TEXT NOT NULL,
            GrainIdExtensionString TEXT NULL,
            ServiceId TEXT NOT NULL,
            PayloadBinary BLOB NULL,
            ModifiedOn TEXT NOT NULL,
            Version INTEGER NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS OrleansStorageIdentity ON OrleansStorage (
            GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, ServiceId,
            coalesce(GrainIdExtensionString, ''));
        """;

    public const string PutQuery =
        "INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES (@key, @text) "
        + "ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText WHERE QueryText <> excluded.QueryText";

    private const string IsThisGrain = """
        GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash
        AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND ServiceId = @ServiceId
        AND coalesce(GrainIdExtensionString, '') = coalesce(@GrainIdExtensionString, '')
        """;

    // A first write has no version: it inserts, unless a row is there. A later one updates the row of its version.
    private const string Write = $"""
        INSERT INTO OrleansStorage (
            GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeHash, GrainTypeString, GrainIdExtensionString, ServiceId,
            PayloadBinary, ModifiedOn, Version)
        SELECT
            @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, @GrainIdExtensionString, @ServiceId,
            @PayloadBinary, datetime('now'), 1
        WHERE @GrainStateVersion IS NULL OR EXISTS (SELECT 1 FROM OrleansStorage WHERE {IsThisGrain})
        ON CONFLICT (
            GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, ServiceId,
            coalesce(GrainIdExtensionString, ''))
        DO UPDATE SET
            PayloadBinary = excluded.PayloadBinary, ModifiedOn = excluded.ModifiedOn, Version = Version + 1
            WHERE Version = @GrainStateVersion
        RETURNING Version AS NewGrainStateVersion
        """;

    private const string Read =
        $"SELECT PayloadBinary, Version FROM OrleansStorage WHERE {IsThisGrain} LIMIT 1";

    private const string Clear = $"""
        UPDATE OrleansStorage SET PayloadBinary = NULL, ModifiedOn = datetime('now'), Version = Version + 1
        WHERE {IsThisGrain} AND Version = @GrainStateVersion
        RETURNING Version AS NewGrainStateVersion
        """;

    // The version it had would read as a lost race.
    private const string Delete = $"""
        DELETE FROM OrleansStorage WHERE {IsThisGrain} AND Version = @GrainStateVersion
        RETURNING Version + 1 AS NewGrainStateVersion
        """;

    public static IReadOnlyList<(string Key, string Text)> Queries { get; } =
    [
        ("WriteToStorageKey", Write),
        ("ReadFromStorageKey", Read),
        ("ClearStorageKey", Clear),
        ("DeleteStorageKey", Delete),
    ];
}
