namespace Weir.Benchmarks.Report;

/// <summary>What is to be reached.</summary>
/// <param name="What">The figure and its unit.</param>
/// <param name="AtLeast">The bound that must be kept.</param>
/// <param name="Aim">What would be good; null where that is not said.</param>
/// <param name="Measured">The figure among all that was measured; null if it is not there.</param>
internal sealed record Target(string What, double AtLeast, double? Aim, Func<Results, double?> Measured)
{
    /// <summary>Whether more is better; else less.</summary>
    public bool IsMoreBetter { get; init; }

    public string Verdict(double? measured) => measured switch
    {
        null => "not measured",
        { } figure when Aim is { } aim && Keeps(figure, aim) => "aim reached",
        { } figure when Keeps(figure, AtLeast) => "kept",
        _ => "**missed**",
    };

    private bool Keeps(double figure, double bound) => IsMoreBetter ? figure >= bound : figure <= bound;
}

/// <summary>The targets, and where their figures come from.</summary>
internal static class Targets
{
    private const string Cpu = "CPU us/event";
    private const string Rate = "events/s";
    private const string Half = "p50 us";
    private const string Most = "p99 us";
    private static readonly string[] Stateless = ["q0", "q1", "q2", "q10", "q14", "q21", "q22"];
    private static readonly string[] Windowed = ["q5", "q7", "q11", "q12", "q15", "q16", "q17", "q18", "q19"];
    private static readonly string[] Joins = ["q3", "q4", "q8", "q9", "q13", "q20"];

    public static readonly IReadOnlyList<Target> All =
    [
        new("log to results, 100-byte events, exactly once: CPU us/event", 1.0, 0.5, From("log", "orders", Cpu)),
        new("log to results, 100-byte events, exactly once: events/s", 1_000_000, null, From("log", "orders", Rate))
        {
            IsMoreBetter = true,
        },
        new("through a silo, 1 M keys, 24-byte events: CPU us/event", 0.30, 0.15, From("log", "24-byte", Cpu)),
        new("append to view, idle job: p99 us", 10_000, 5_000, From("latency", "append to view, idle", Most)),
        new("append to view, half load: p99 us", 50_000, 10_000, From("latency", "append to view, half", Most)),
        new("durable append, batches of 1000, best: events/s", 400_000, 1_000_000,
            results => results.All("service-append", "1000 events", Rate).Max())
        {
            IsMoreBetter = true,
        },
        new("query in process, 80 % load: p50 us", 20, 10, From("query", "in process, 80 % load, one caller", Half)),
        new("query in process, 80 % load: p99 us", 1000, null, From("query", "in process, 80 % load, one caller", Most)),
        new("query, other process, 80 % load: p50 us", 300, null, From("query", "other process, 80 % load, one caller", Half)),
        new("query, other process, 80 % load: p99 us", 5000, 1000, From("query", "other process, 80 % load, one caller", Most)),
        new("engine / Dictionary loop, 1 k keys: ratio of CPU", 1.0, 0.4, results => EngineRatio(results, "peers-1k")),
        new("engine / Dictionary loop, 1 M keys: ratio of CPU", 1.0, 0.5, results => EngineRatio(results, "peers-1m")),
        new("engine, 1 k keys: B allocated/event", 8, 0,
            results => results.Find("peers-1k", "weir-engine", "B allocated/event")),
        Hot("topic with the key"),
        Hot("topic without a key"),
        Memory("a sum"),
        Memory("an open window with a sum"),
        Memory("a timer"),
        Nexmark("stateless", Stateless, (1, 0.4)),
        Nexmark("windows and top-n", Windowed, (2, 0.7)),
        Nexmark("joins", Joins, (5, 2)),
    ];

    private static Func<Results, double?> From(string part, string @case, string heading) =>
        results => results.Find($"service-{part}", @case, heading);

    private static double? EngineRatio(Results results, string run) =>
        results.Find(run, "weir-engine", "CPU ns/event") / results.Find(run, "dictionary", "CPU ns/event");

    private static Target Hot(string topic)
    {
        return new Target(
            $"90 % of events to one key / uniform, {topic}: ratio of events/s",
            0.5,
            1,
            From("hot", $"{topic}, 90 %", "rate / uniform"))
        {
            IsMoreBetter = true,
        };
    }

    private static Target Memory(string what) => new(
        $"memory of a key with {what}: B", 200, 100, From("memory", $"{what}, ", "B/key"));

    private static Target Nexmark(string what, string[] queries, (double AtLeast, double Aim) bounds) => new(
        $"Nexmark, the worst of {what} ({string.Join(", ", queries)}): CPU us/event", bounds.AtLeast, bounds.Aim,
        results => queries.Select(query => results.Find("nexmark", query, Cpu, isWhole: true)).Max());
}
