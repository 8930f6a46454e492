namespace Weir.Protocol.Checkpoints;

/// <summary>
/// Which complete checkpoints are kept, and which files may go. Invariant: the latest ones and all savepoints are kept,
/// nothing is dropped whose output is not confirmed to be stored, and no file is removed that a kept one refers to. The
/// reference is dropped first, by compare-and-set; only then are files removed.
/// </summary>
/// <remarks>
/// Keep 2, complete are 4, 5 (a savepoint), 6 and 7, confirmed up to 6: 6 and 7 are kept, 5 is a savepoint, 4 may go.
/// Of its files those go that 5, 6 and 7 do not refer to.
/// </remarks>
public static class Retirement
{
    /// <summary>The checkpoints that stay, oldest first.</summary>
    /// <param name="complete">All complete ones, oldest first.</param>
    /// <param name="keep">How many to keep besides savepoints, 1 or more.</param>
    /// <param name="confirmed">The output up to this one is stored.</param>
    public static IReadOnlyList<CompleteCheckpoint> Keep(
        IReadOnlyList<CompleteCheckpoint> complete, int keep, long confirmed)
    {
        ArgumentNullException.ThrowIfNull(complete);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        CompleteCheckpoint[] ordinary = [.. complete.Where(each => each.Savepoint is null)];
        HashSet<long> latest = [.. ordinary.TakeLast(keep).Select(each => each.Number)];
        if (complete.Count > 0)
            latest.Add(complete[^1].Number);
        return
        [
            .. complete.Where(each =>
                each.Savepoint is not null || latest.Contains(each.Number) || each.Number > confirmed),
        ];
    }

    /// <summary>The files that nothing kept refers to, of those that dropped checkpoints referred to.</summary>
    /// <param name="dropped">Names of the manifests and files of dropped checkpoints.</param>
    /// <param name="kept">Names of the manifests and files of all kept checkpoints.</param>
    public static IReadOnlyList<string> Unneeded(IEnumerable<string> dropped, IEnumerable<string> kept)
    {
        HashSet<string> needed = [.. kept];
        return [.. dropped.Where(file => !needed.Contains(file)).Distinct().Order(StringComparer.Ordinal)];
    }
}
