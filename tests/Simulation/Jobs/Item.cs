namespace Weir.Simulation.Jobs;

/// <summary>The event of all jobs: whose, whom else it concerns, when, and a number.</summary>
public sealed record Item(string Key, string Other, long At, long Value);
