namespace Weir.Benchmarks.Report;

/// <summary>All that was measured, read once.</summary>
internal sealed class Results(string directory)
{
    private readonly Dictionary<string, IReadOnlyList<Row>> _rows =
        Instruments.All.ToDictionary(each => each.Name, each => each.Rows(directory));

    public string Directory => directory;

    public IReadOnlyList<Row> Rows(Instrument instrument) => _rows[instrument.Name];

    /// <summary>A figure of the first row whose case begins so, or is so; null if there is none.</summary>
    public double? Find(string run, string @case, string heading, bool isWhole = false) =>
        _rows[run].FirstOrDefault(row => Matches(row.Case, @case, isWhole))?.Find(heading);

    /// <summary>A figure of all rows whose case begins so.</summary>
    public IEnumerable<double?> All(string run, string @case, string heading) =>
        _rows[run].Where(row => Matches(row.Case, @case, isWhole: false)).Select(row => row.Find(heading));

    private static bool Matches(string actual, string wanted, bool isWhole) =>
        isWhole ? actual == wanted : actual.StartsWith(wanted, StringComparison.Ordinal);
}
