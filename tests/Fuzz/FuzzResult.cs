namespace Weir.Fuzz;

using System.Globalization;

/// <summary>An input that was neither accepted nor refused as it should be.</summary>
public sealed record FuzzFailure(string Decoder, long Seed, long Index, string What)
{
    public string Command => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run -c Release --project tests/Fuzz -- --decoder {Decoder} --seed {Seed} --from {Index} --inputs 1");

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"FAILED {Decoder}, seed {Seed}, index {Index}: {What}\n  {Command}");
}

/// <summary>What became of the inputs of one decoder.</summary>
public sealed record FuzzResult(string Decoder, long Inputs, long Accepted, long Refused)
{
    public TimeSpan Slowest { get; init; }

    public long Failed => Inputs - Accepted - Refused;

    /// <summary>The first failure of each kind.</summary>
    public IReadOnlyList<FuzzFailure> Failures { get; init; } = [];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Decoder}: {Inputs} inputs, accepted {Accepted}, refused {Refused}, slowest {Slowest.TotalMilliseconds:F1} ms");
}
