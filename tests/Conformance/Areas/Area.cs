namespace Weir.Conformance.Areas;

using System.Text.Json;

/// <summary>Runs the cases of one area; a case that returns has passed.</summary>
public abstract class Area
{
    private static readonly Dictionary<string, Area> Known = new()
    {
        ["window-operator"] = new WindowArea(),
        ["evicting-window-operator"] = new WindowArea(),
        ["window-assigners"] = new AssignerArea(),
        ["triggers"] = new TriggerArea(),
        ["watermarks"] = new WatermarkArea(),
        ["timer-service"] = new TimerArea(),
        ["keyed-process-function"] = new ProcessFunctionArea(),
        ["state-ttl"] = new TtlArea(),
        ["interval-join"] = new IntervalJoinArea(),
    };

    private readonly List<string> _insides = [];

    public static Area? Named(string area) => Known.GetValueOrDefault(area);

    public abstract void Run(JsonElement each);

    /// <summary>What the case that has run said about Flink's insides; begins anew.</summary>
    public IReadOnlyList<string> TakeInsides()
    {
        string[] taken = [.. _insides];
        _insides.Clear();
        return taken;
    }

    /// <summary>Notes what only describes Flink's insides, which is no reason to fail.</summary>
    protected void Inside(string what) => _insides.Add(what);

    protected static void Expect<T>(string where, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new MismatchException(where, $"{expected}", $"{actual}");
    }

    /// <summary>Compares as sets with repetition.</summary>
    protected static void ExpectAll(string where, IEnumerable<string> expected, IEnumerable<string> actual) => Expect(
        where,
        string.Join(", ", expected.Order(StringComparer.Ordinal)),
        string.Join(", ", actual.Order(StringComparer.Ordinal)));

    protected static SkippedException NotYet(string what) => new($"not yet: {what}");
}
