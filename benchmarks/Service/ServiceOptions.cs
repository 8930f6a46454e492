namespace Weir.Benchmarks.Service;

/// <summary>How much is measured.</summary>
internal sealed record ServiceOptions
{
    /// <summary>How long each rate and each latency is measured.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>Keys, where there are many.</summary>
    public required int Keys { get; init; }

    /// <summary>Events of a run.</summary>
    public required int Events { get; init; }
}

/// <summary>One line of the result.</summary>
/// <param name="Part">The part of the program that measured it.</param>
/// <param name="Case">What was measured.</param>
/// <param name="Figures">Numbers by what they are, with the unit.</param>
internal sealed record Row(string Part, string Case, IReadOnlyDictionary<string, double> Figures);

/// <summary>Something that is measured in a process of its own, so that none inherits the heap of another.</summary>
internal interface IPart
{
    string Name { get; }

    /// <summary>Measures, over a new directory.</summary>
    /// <exception cref="Measuring.WrongResultException">What came out was wrong.</exception>
    IAsyncEnumerable<Row> RunAsync(string directory);
}
