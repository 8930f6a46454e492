namespace Weir.Grains.Logs;

/// <summary>How topics are created and their clocks kept.</summary>
public sealed class WeirLogOptions
{
    /// <summary>Partitions of a topic that is created without a number; 1 to 1024, default 4.</summary>
    public int DefaultPartitions { get; set; } = 4;

    /// <summary>How often a leased partition ticks while nothing is appended; default 1 s.</summary>
    public TimeSpan TickInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a partition ticks after the last request for it; default 1 minute.</summary>
    public TimeSpan TickLease { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often batches beyond their topic's retention are removed; default 1 minute.</summary>
    public TimeSpan RetentionPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock of ticks; it should be the one that stamps batches.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
