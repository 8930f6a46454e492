namespace Weir.Faults.Rounds;

using Weir.Faults.Jobs;

/// <summary>What a round needs around its silos.</summary>
internal sealed record RoundSetup
{
    public static readonly RoundSetup Default = new();

    /// <summary>The jobs that are started.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [MixJob.JobName, PartitionedJob.JobName];

    /// <summary>Where the job <c>rows</c> writes to, by its kind in <see cref="RowsTarget"/>, or null.</summary>
    public string? Rows { get; init; }

    /// <summary>The size in MiB of the disk for all that silos store, or null: that of the machine.</summary>
    public int? DiskSize { get; init; }

    /// <summary>Whether no silo is special: the log has a process of its own, and any silo may die.</summary>
    public bool SharesMembers { get; init; }
}
