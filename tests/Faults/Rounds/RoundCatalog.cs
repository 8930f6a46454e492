namespace Weir.Faults.Rounds;

using Weir.Engine.Streams;

/// <summary>All rounds, and the choice of some of them.</summary>
internal static class RoundCatalog
{
    public static IReadOnlyList<Round> All { get; } =
    [
        .. CrashRounds.All, .. ProcessRounds.All, .. StorageRounds.All, .. FileRounds.All, .. GrainRounds.All,
        .. ClusterRounds.All, .. LogFileRounds.All, .. DiskRounds.All, .. SinkRounds.All,
    ];

    /// <summary>
    /// The rounds whose names hold the pattern, at most a number of them: as many of each kind as possible, which ones
    /// follows from the seed.
    /// </summary>
    public static IReadOnlyList<Round> Choose(string? pattern, int? limit, ulong seed)
    {
        Round[] matching =
        [
            .. All.Where(round => pattern is null || round.Name == pattern
                || (All.All(each => each.Name != pattern) && round.Name.Contains(pattern, StringComparison.Ordinal))),
        ];
        if (limit is not { } count || count >= matching.Length)
            return matching;
        Queue<Round>[] strata =
        [
            .. matching.GroupBy(round => round.Stratum)
                .Select(stratum => new Queue<Round>(stratum.OrderBy(round => SeedOf(seed, round)))),
        ];
        var chosen = new HashSet<Round>();
        for (int turn = 0; chosen.Count < count; turn++)
        {
            if (strata[turn % strata.Length].TryDequeue(out Round? round))
                chosen.Add(round);
        }

        return [.. matching.Where(chosen.Contains)];
    }

    /// <summary>What a round's events and moments follow from; the same whichever other rounds are run.</summary>
    public static ulong SeedOf(ulong seed, Round round) =>
        StableHash.Mix(seed ^ StableHash.Of(System.Text.Encoding.UTF8.GetBytes(round.Name)));
}
