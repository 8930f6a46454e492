namespace Weir.Benchmarks.Nexmark.Runs;

/// <summary>
/// What the Nexmark suite publishes of Apache Flink, in thousands of events per second and core: its first runner
/// (8 cores, 8 slots, state on disk, 100 M events) and its second (16 cores, 8 slots, Flink 2, 50 M events after 150 M).
/// Other hardware, state on disk, a network between the machines: nothing that could be set against figures from here.
/// </summary>
internal static class PublishedFigures
{
    /// <summary>The heading of the column.</summary>
    public const string Heading = "published: other hardware, disk state, network";

    private static readonly Dictionary<string, (double First, double Second)> PerCore = new()
    {
        ["q0"] = (155.0, 379),
        ["q1"] = (157.9, 395),
        ["q2"] = (175.2, 414),
        ["q3"] = (152.1, 219),
        ["q4"] = (34.3, 28),
        ["q5"] = (22.1, 75),
        ["q7"] = (12.3, 23),
        ["q8"] = (146.1, 162),
        ["q9"] = (14.2, 14),
        ["q10"] = (57.8, 0),
        ["q11"] = (39.7, 46),
        ["q12"] = (75.7, 194),
        ["q13"] = (130.7, 188),
        ["q14"] = (161.2, 259),
        ["q15"] = (72.4, 168),
        ["q16"] = (18.7, 45),
        ["q17"] = (116.8, 161),
        ["q18"] = (53.7, 65),
        ["q19"] = (44.0, 43),
        ["q20"] = (19.0, 18),
        ["q21"] = (98.5, 147),
        ["q22"] = (130.0, 212),
    };

    /// <summary>The two figures of a query, or null for one that has none.</summary>
    public static double? First(string query) => PerCore[query].First;

    /// <summary>See <see cref="First"/>.</summary>
    public static double? Second(string query) => PerCore[query].Second is var figure and > 0 ? figure : null;
}
