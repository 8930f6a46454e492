namespace Weir.Benchmarks.Service.Measuring;

using System.Diagnostics;

/// <summary>How long calls took. Not thread-safe: each caller has its own, which are joined at the end.</summary>
internal sealed class Latencies
{
    private readonly List<double> _microseconds = [];

    public int Count => _microseconds.Count;

    /// <summary>Adds a call that began at a time stamp and ends now.</summary>
    public void AddSince(long began) => _microseconds.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);

    public static Latencies Join(IEnumerable<Latencies> all)
    {
        var joined = new Latencies();
        foreach (Latencies each in all)
            joined._microseconds.AddRange(each._microseconds);
        return joined;
    }

    /// <summary>Puts the median and the 99th percentile among figures.</summary>
    public void AddTo(Dictionary<string, double> figures)
    {
        _microseconds.Sort();
        figures[Headings.Half] = At(0.5);
        figures[Headings.Most] = At(0.99);
    }

    private double At(double part) =>
        _microseconds.Count == 0 ? 0 : _microseconds[(int)(part * (_microseconds.Count - 1))];
}
