namespace Weir.Faults.Oracle;

/// <summary>What may differ.</summary>
[Flags]
internal enum Leeway
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A value that should be there may be there more often.</summary>
    Repeats = 1,

    /// <summary>A value that should be there may not be there yet.</summary>
    Lacks = 2,
}

/// <summary>Compares what was written with what should have been, each value with how often.</summary>
internal static class Comparison
{
    private const int Shown = 3;

    /// <summary>One sentence for values that are missing, and one for values that are too many; none if equal.</summary>
    /// <param name="what">Names the values.</param>
    /// <param name="expected">What should have been written.</param>
    /// <param name="actual">What was written.</param>
    /// <param name="leeway">What may differ.</param>
    public static IEnumerable<string> Of<T>(
        string what, IEnumerable<T> expected, IEnumerable<T> actual, Leeway leeway = Leeway.None)
        where T : notnull
    {
        if (leeway.HasFlag(Leeway.Repeats))
        {
            expected = expected.Distinct();
            actual = actual.Distinct();
        }

        var counts = new Dictionary<T, int>();
        foreach (T value in expected)
            counts[value] = counts.GetValueOrDefault(value) + 1;
        foreach (T value in actual)
            counts[value] = counts.GetValueOrDefault(value) - 1;
        T[] missing = [.. counts.Where(each => each.Value > 0).Select(each => each.Key)];
        T[] extra = [.. counts.Where(each => each.Value < 0).Select(each => each.Key)];
        if (missing.Length > 0 && !leeway.HasFlag(Leeway.Lacks))
            yield return $"{what}: {missing.Length} missing: {string.Join("; ", missing.Take(Shown))}";
        if (extra.Length > 0)
            yield return $"{what}: {extra.Length} twice or wrong: {string.Join("; ", extra.Take(Shown))}";
    }
}
