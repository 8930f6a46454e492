namespace Weir.Fuzz;

/// <summary>How long and how strictly to try.</summary>
public sealed record FuzzOptions
{
    /// <summary>Inputs for each decoder.</summary>
    public long Inputs { get; init; } = 20_000;

    /// <summary>What the inputs follow from.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Index of the first input.</summary>
    public long From { get; init; }

    /// <summary>An input that takes longer, three times in a row, is a failure.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An input that does not end within this is a failure, and the decoder is left alone.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromSeconds(30);
}
