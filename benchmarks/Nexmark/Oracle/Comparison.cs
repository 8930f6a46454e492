namespace Weir.Benchmarks.Nexmark.Oracle;

/// <summary>How results differ from what they should be.</summary>
/// <param name="Results">What the job wrote, replaced results included.</param>
/// <param name="Rows">Rows that there should be.</param>
/// <param name="Missing">Rows that should be there and are not.</param>
/// <param name="Surplus">Rows that are there and should not be.</param>
/// <param name="Examples">Some of both.</param>
internal sealed record Comparison(long Results, long Rows, long Missing, long Surplus, IReadOnlyList<string> Examples)
{
    public bool IsEqual => Missing == 0 && Surplus == 0;
}
