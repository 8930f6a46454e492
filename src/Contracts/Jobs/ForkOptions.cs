namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;

/// <summary>From where a fork begins, and its name.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ForkOptions")]
public sealed record ForkOptions
{
    /// <summary>A checkpoint's number or a savepoint's name.</summary>
    [Id(0)]
    public required string From { get; init; }

    /// <summary>
    /// 1 to 60 lower-case letters, digits, '_' and '-': with it the names of the job and of its topics end.
    /// </summary>
    [Id(1)]
    public required string Name { get; init; }
}
