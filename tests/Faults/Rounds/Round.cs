namespace Weir.Faults.Rounds;

/// <summary>One thing that goes wrong, and what happens around it.</summary>
/// <param name="Name">Unique, of the form <c>kind/what/variant</c>.</param>
/// <param name="Script">Makes the fault happen; fails with <see cref="FaultDidNotHappenException"/> if it did not.
/// </param>
internal sealed record Round(string Name, Func<RoundRun, Task> Script)
{
    public RoundSetup Setup { get; init; } = RoundSetup.Default;

    /// <summary>What rounds are sampled by: the part of the name before the first slash, of crashes with the variant.
    /// </summary>
    public string Stratum => Name.Split('/') is ["crash", _, var variant] ? $"crash/{variant}" : Name.Split('/')[0];
}

/// <summary>The round did not do what it is for, which proves nothing.</summary>
internal sealed class FaultDidNotHappenException(string message) : Exception(message);

/// <summary>The round can not be run on this machine, which proves nothing either.</summary>
internal sealed class CanNotRunException(string message) : Exception(message);

/// <summary>How a round went.</summary>
internal sealed record RoundResult(Round Round, ulong Seed, TimeSpan Time, IReadOnlyList<string> Problems)
{
    public bool HasPassed => Problems.Count == 0 && NotRun is null;

    public bool HasFailed => Problems.Count > 0;

    /// <summary>Why it could not be run here, or null.</summary>
    public string? NotRun { get; init; }

    /// <summary>What was done and seen, in a few words.</summary>
    public string Notes { get; init; } = "";

    public long Events { get; init; }

    /// <summary>Where the files of a failed round are.</summary>
    public string? Directory { get; init; }
}
