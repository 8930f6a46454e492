namespace Weir.Grains.Storage;

using Weir.Connectors.PostgreSql;

/// <summary>
/// The tables of grain storage and of cluster membership, and the text of the queries that Orleans looks up by key. The
/// names of tables, queries, columns and parameters are Orleans'. Invariant: every change is one statement that compares
/// the version, so of two that change one thing one is refused; a membership row never changes without the version of
/// the table.
/// </summary>
/// <remarks>
/// A statement that lost the race returns 0 for members, and no row for grain storage, which Orleans reports as a
/// conflict. Two statements on one version wait for each other at the row and the second then looks again: with version
/// 7, both "7 to 8", one finds 8 and changes nothing.
/// </remarks>
internal static class OrleansPostgreSqlSchema
{
    private const string Tables = """
        CREATE TABLE OrleansQuery (
            QueryKey text NOT NULL PRIMARY KEY,
            QueryText text NOT NULL);
        CREATE TABLE OrleansStorage (
            GrainIdHash integer NOT NULL,
            GrainIdN0 bigint NOT NULL,
            GrainIdN1 bigint NOT NULL,
            GrainTypeHash integer NOT NULL,
            GrainTypeString text NOT NULL,
            GrainIdExtensionString text NULL,
            ServiceId text NOT NULL,
            PayloadBinary bytea NULL,
            ModifiedOn timestamp with time zone NOT NULL,
            Version integer NOT NULL);
        CREATE UNIQUE INDEX OrleansStorageIdentity ON OrleansStorage (
            GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, ServiceId,
            (coalesce(GrainIdExtensionString, '')));
        CREATE TABLE OrleansMembershipVersionTable (
            DeploymentId text NOT NULL PRIMARY KEY,
            Timestamp timestamp with time zone NOT NULL,
            Version integer NOT NULL);
        CREATE TABLE OrleansMembershipTable (
            DeploymentId text NOT NULL REFERENCES OrleansMembershipVersionTable,
            Address text NOT NULL,
            Port integer NOT NULL,
            Generation integer NOT NULL,
            SiloName text NOT NULL,
            HostName text NOT NULL,
            Status integer NOT NULL,
            ProxyPort integer NOT NULL,
            SuspectTimes text NULL,
            StartTime timestamp with time zone NOT NULL,
            IAmAliveTime timestamp with time zone NOT NULL,
            PRIMARY KEY (DeploymentId, Address, Port, Generation));
        """;

    private const string IsThisGrain = """
        GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash
        AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND ServiceId = @ServiceId
        AND coalesce(GrainIdExtensionString, '') = coalesce(CAST(@GrainIdExtensionString AS text), '')
        """;

    // A first write has no version: it inserts, unless a row is there. A later one updates the row of its version.
    private const string Write = $"""
        WITH updated AS (
            UPDATE OrleansStorage
            SET PayloadBinary = @PayloadBinary, ModifiedOn = now(), Version = Version + 1
            WHERE {IsThisGrain} AND Version = CAST(@GrainStateVersion AS integer)
            RETURNING Version),
        inserted AS (
            INSERT INTO OrleansStorage (
                GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeHash, GrainTypeString, GrainIdExtensionString, ServiceId,
                PayloadBinary, ModifiedOn, Version)
            SELECT
                @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString,
                CAST(@GrainIdExtensionString AS text), @ServiceId, CAST(@PayloadBinary AS bytea), now(), 1
            WHERE CAST(@GrainStateVersion AS integer) IS NULL
            ON CONFLICT DO NOTHING
            RETURNING Version)
        SELECT Version AS NewGrainStateVersion FROM updated
        UNION ALL SELECT Version FROM inserted
        """;

    private const string Read =
        $"SELECT PayloadBinary, Version FROM OrleansStorage WHERE {IsThisGrain} LIMIT 1";

    private const string Clear = $"""
        UPDATE OrleansStorage SET PayloadBinary = NULL, ModifiedOn = now(), Version = Version + 1
        WHERE {IsThisGrain} AND Version = CAST(@GrainStateVersion AS integer)
        RETURNING Version AS NewGrainStateVersion
        """;

    // The version it had would read as a lost race.
    private const string Delete = $"""
        DELETE FROM OrleansStorage WHERE {IsThisGrain} AND Version = CAST(@GrainStateVersion AS integer)
        RETURNING Version + 1 AS NewGrainStateVersion
        """;

    /// <summary>The queries of the first format; what changes one is a step of its own.</summary>
    public static IReadOnlyList<(string Key, string Text)> Queries { get; } =
    [
        ("WriteToStorageKey", Write),
        ("ReadFromStorageKey", Read),
        ("ClearStorageKey", Clear),
        ("DeleteStorageKey", Delete),
        .. OrleansMembershipQueries.All,
    ];

    /// <summary>How the tables come to be.</summary>
    public static SchemaScript Script { get; } =
        new("orleans", [Tables + string.Concat(Queries.Select(query =>
            $"INSERT INTO OrleansQuery VALUES ('{query.Key}', $weir${query.Text}$weir$);\n"))]);
}
