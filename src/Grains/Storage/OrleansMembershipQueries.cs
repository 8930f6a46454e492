namespace Weir.Grains.Storage;

/// <summary>
/// The queries of cluster membership; see <see cref="OrleansPostgreSqlSchema"/>. What Orleans calls a deployment is a
/// cluster.
/// </summary>
internal static class OrleansMembershipQueries
{
    private const string IsThisSilo =
        "DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation";

    private const string Columns =
        "v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, "
        + "m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version";

    private const string NextVersion = """
        UPDATE OrleansMembershipVersionTable SET Timestamp = now(), Version = Version + 1
        WHERE DeploymentId = @DeploymentId AND Version = @Version
        """;

    private const string InsertVersion = """
        WITH inserted AS (
            INSERT INTO OrleansMembershipVersionTable (DeploymentId, Timestamp, Version)
            VALUES (@DeploymentId, now(), 0)
            ON CONFLICT DO NOTHING
            RETURNING 1)
        SELECT CAST(count(*) AS integer) FROM inserted
        """;

    private const string Insert = $"""
        WITH version AS (
            {NextVersion}
            AND NOT EXISTS (SELECT 1 FROM OrleansMembershipTable WHERE {IsThisSilo})
            RETURNING 1),
        member AS (
            INSERT INTO OrleansMembershipTable (
                DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
            SELECT
                @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime,
                @IAmAliveTime
            FROM version
            RETURNING 1)
        SELECT CAST(count(*) AS integer) FROM member
        """;

    private const string Update = $"""
        WITH version AS (
            {NextVersion}
            AND EXISTS (SELECT 1 FROM OrleansMembershipTable WHERE {IsThisSilo})
            RETURNING 1),
        member AS (
            UPDATE OrleansMembershipTable
            SET Status = @Status, SuspectTimes = CAST(@SuspectTimes AS text), IAmAliveTime = @IAmAliveTime
            WHERE {IsThisSilo} AND EXISTS (SELECT 1 FROM version)
            RETURNING 1)
        SELECT CAST(count(*) AS integer) FROM member
        """;

    private const string SayAlive =
        $"UPDATE OrleansMembershipTable SET IAmAliveTime = @IAmAliveTime WHERE {IsThisSilo}";

    // The version is there also without a member.
    private const string ReadAll = $"""
        SELECT {Columns} FROM OrleansMembershipVersionTable v
        LEFT JOIN OrleansMembershipTable m ON m.DeploymentId = v.DeploymentId
        WHERE v.DeploymentId = @DeploymentId
        """;

    private const string ReadOne = $"""
        SELECT {Columns} FROM OrleansMembershipVersionTable v
        LEFT JOIN OrleansMembershipTable m ON m.DeploymentId = v.DeploymentId
            AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
        WHERE v.DeploymentId = @DeploymentId
        """;

    private const string Gateways = """
        SELECT Address, ProxyPort, Generation FROM OrleansMembershipTable
        WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0
        """;

    private const string DeleteAll = """
        DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId;
        DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId
        """;

    // 3 is active: such a silo is first declared dead.
    private const string CleanUp = """
        DELETE FROM OrleansMembershipTable
        WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status <> 3
        """;

    // 6 is dead. What Orleans has read of the row must still be so.
    private const string CleanUpOne = $"""
        DELETE FROM OrleansMembershipTable
        WHERE {IsThisSilo} AND Status = 6 AND StartTime = @StartTime AND IAmAliveTime = @IAmAliveTime
        AND coalesce(SuspectTimes, '') = coalesce(CAST(@SuspectTimes AS text), '')
        """;

    public static IReadOnlyList<(string Key, string Text)> All { get; } =
    [
        ("InsertMembershipVersionKey", InsertVersion),
        ("InsertMembershipKey", Insert),
        ("UpdateMembershipKey", Update),
        ("UpdateIAmAlivetimeKey", SayAlive),
        ("MembershipReadAllKey", ReadAll),
        ("MembershipReadRowKey", ReadOne),
        ("GatewaysQueryKey", Gateways),
        ("DeleteMembershipTableEntriesKey", DeleteAll),
        ("CleanupDefunctSiloEntriesKey", CleanUp),
        ("CleanupDefunctSiloEntryKey", CleanUpOne),
    ];
}
