namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;

/// <summary>What was verified.</summary>
public enum VerifiedKind
{
    /// <summary>The manifest of a checkpoint.</summary>
    Manifest = 0,

    /// <summary>A file of segments, or the parts of it that checkpoints refer to.</summary>
    Segments = 1,

    /// <summary>A stretch of a partition that the job has read.</summary>
    Input = 2,
}

/// <summary>How what was verified is.</summary>
public enum VerifiedState
{
    /// <summary>It is what it was when the checkpoint was taken.</summary>
    Intact = 0,

    /// <summary>It is missing, or does not match its checksum.</summary>
    Damaged = 1,

    /// <summary>The log holds other input than the job has read: a replay would not give the same results.</summary>
    Differs = 2,

    /// <summary>Retention has removed it, as it may.</summary>
    NotRetained = 3,

    /// <summary>It can be read, and nothing says what it was: the checkpoint that did is no longer kept.</summary>
    NotRecorded = 4,
}

/// <summary>What was found about a part of the stored checkpoints or their input.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.VerifiedPart")]
public sealed record VerifiedPart
{
    /// <summary>What it is.</summary>
    [Id(0)]
    public required VerifiedKind Kind { get; init; }

    /// <summary>The file in the checkpoint store, or the partition as <c>topic/partition</c>.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>Of input: the first offset; else 0.</summary>
    [Id(2)]
    public long From { get; init; }

    /// <summary>Of input: the offset after the last; else the number of bytes.</summary>
    [Id(3)]
    public long To { get; init; }

    /// <summary>The checkpoints that need it, by number.</summary>
    [Id(4)]
    public required long[] Checkpoints { get; init; }

    /// <summary>How it is.</summary>
    [Id(5)]
    public required VerifiedState State { get; init; }

    /// <summary>What is wrong, in one sentence; null if nothing is.</summary>
    [Id(6)]
    public string? Detail { get; init; }

    /// <summary>Whether a restore or a replay that needs it would fail or give other results.</summary>
    public bool IsWrong => State is VerifiedState.Damaged or VerifiedState.Differs;
}

/// <summary>A part that is still to be verified: it is given back to the silo step by step.</summary>
/// <param name="Part">What it is; its state says nothing yet.</param>
/// <param name="Content">What the silo needs for it.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.UnverifiedPart")]
public sealed record UnverifiedPart(
    [property: Id(0)] VerifiedPart Part, [property: Id(1)] ReadOnlyMemory<byte> Content);

/// <summary>What there is to verify of a job.</summary>
/// <param name="Manifests">The manifests, which have been verified.</param>
/// <param name="Open">Everything else.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.VerifyPlan")]
public sealed record VerifyPlan(
    [property: Id(0)] VerifiedPart[] Manifests, [property: Id(1)] UnverifiedPart[] Open);

/// <summary>What a step of the verification of a part came to.</summary>
/// <param name="Verified">What was found, once the part is done; null: go on.</param>
/// <param name="Cursor">Where to go on.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.VerifyStep")]
public sealed record VerifyStep(
    [property: Id(0)] VerifiedPart? Verified, [property: Id(1)] ReadOnlyMemory<byte> Cursor);
