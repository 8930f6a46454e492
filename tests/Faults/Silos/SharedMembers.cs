namespace Weir.Faults.Silos;

using System.Globalization;
using System.Text.Json;
using Orleans.Runtime;

/// <summary>
/// The silos of a cluster in a file, as a database would hold them: no silo is special, so any may die. Invariant: a
/// change is made by who has locked the file, and only to the version that it was decided on.
/// </summary>
internal sealed class SharedMembers(string path) : IMembershipTable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

    public Task<MembershipTableData> ReadAll() => WithAsync(members => Data(members, members.Rows.Values), saves: false);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => WithAsync(
        members => Data(members, members.Rows.Values.Where(row => row.Silo == key.ToParsableString())), saves: false);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        WithAsync(members => Put(members, entry, etag: null, tableVersion), saves: true);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        WithAsync(members => Put(members, entry, etag, tableVersion), saves: true);

    public Task UpdateIAmAlive(MembershipEntry entry) => WithAsync(
        members => members.Rows.TryGetValue(entry.SiloAddress.ToParsableString(), out Row? row)
            && (row.IAmAlive = entry.IAmAliveTime) == entry.IAmAliveTime,
        saves: true);

    private static MembershipTableData Data(Members members, IEnumerable<Row> rows) => new(
        [.. rows.Select(row => Tuple.Create(row.ToEntry(), Text(row.Version)))],
        new TableVersion(members.Version, Text(members.Version)));

    private static bool Put(Members members, MembershipEntry entry, string? etag, TableVersion version)
    {
        string silo = entry.SiloAddress.ToParsableString();
        bool isThere = members.Rows.TryGetValue(silo, out Row? known);
        if (version.VersionEtag != Text(members.Version) || isThere != (etag is not null)
            || (known is not null && Text(known.Version) != etag))
            return false;
        members.Version = version.Version;
        members.Rows[silo] = Row.Of(entry, (known?.Version ?? 0) + 1);
        return true;
    }

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);

    private async Task<T> WithAsync<T>(Func<Members, T> action, bool saves)
    {
        await using FileStream file = await LockAsync();
        Members members = file.Length == 0 ? new() : (await JsonSerializer.DeserializeAsync<Members>(file))!;
        T result = action(members);
        if (!saves)
            return result;
        file.SetLength(0);
        await JsonSerializer.SerializeAsync(file, members);
        return result;
    }

    // The lock is that of the system: who is killed lets go of it.
    private async Task<FileStream> LockAsync()
    {
        for (DateTime end = DateTime.UtcNow + Patience; ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < end)
            {
                await Task.Delay(5);
            }
        }
    }

    private sealed class Members
    {
        public int Version { get; set; }

        public Dictionary<string, Row> Rows { get; init; } = [];
    }

    private sealed class Row
    {
        public required string Silo { get; init; }

        public required int Version { get; init; }

        public SiloStatus Status { get; init; }

        public int ProxyPort { get; init; }

        public string HostName { get; init; } = "";

        public string SiloName { get; init; } = "";

        public DateTime Start { get; init; }

        public DateTime IAmAlive { get; set; }

        public List<KeyValuePair<string, DateTime>> Suspects { get; init; } = [];

        public static Row Of(MembershipEntry entry, int version) => new()
        {
            Silo = entry.SiloAddress.ToParsableString(),
            Version = version,
            Status = entry.Status,
            ProxyPort = entry.ProxyPort,
            HostName = entry.HostName,
            SiloName = entry.SiloName,
            Start = entry.StartTime,
            IAmAlive = entry.IAmAliveTime,
            Suspects =
            [
                .. (entry.SuspectTimes ?? []).Select(each => KeyValuePair.Create(each.Item1.ToParsableString(), each.Item2)),
            ],
        };

        public MembershipEntry ToEntry() => new()
        {
            SiloAddress = SiloAddress.FromParsableString(Silo),
            Status = Status,
            ProxyPort = ProxyPort,
            HostName = HostName,
            SiloName = SiloName,
            StartTime = Start,
            IAmAliveTime = IAmAlive,
            SuspectTimes =
                [.. Suspects.Select(each => Tuple.Create(SiloAddress.FromParsableString(each.Key), each.Value))],
        };
    }
}
