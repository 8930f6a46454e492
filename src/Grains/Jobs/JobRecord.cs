namespace Weir.Grains.Jobs;

using Weir.Contracts.Jobs;

/// <summary>What is stored of a job.</summary>
[GenerateSerializer]
[Alias("Weir.JobRecord")]
public sealed class JobRecord
{
    /// <summary>Whether the job should run; a silo that finds it so starts it again.</summary>
    [Id(0)]
    public bool ShouldRun { get; set; }

    /// <summary>Where it is in its life.</summary>
    [Id(1)]
    public JobState State { get; set; }

    /// <summary>The last epoch that was begun.</summary>
    [Id(2)]
    public long Epoch { get; set; }

    /// <summary>Why it failed, or null.</summary>
    [Id(3)]
    public string? Failure { get; set; }
}
