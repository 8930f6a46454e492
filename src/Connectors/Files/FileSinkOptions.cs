namespace Weir.Connectors.Files;

/// <summary>When a file of a sink is finished. The end of the job, and a restart of it, finish files too, the latter after
/// a few seconds.</summary>
public sealed record FileSinkOptions
{
    /// <summary>Finish a file when it has this many bytes or more; it may exceed it by one checkpoint's output. 1 or
    /// more, default: 64 MiB.</summary>
    public long RollBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Finish a file this long after its first events, whether more come or not; more than 0, default: 1 minute. Measured
    /// by <see cref="TimeProvider"/>. How the output is cut into files so depends on the clock, what the files hold
    /// together does not.
    /// </summary>
    public TimeSpan RollAge { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock; default: the machine's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal IDisk Disk { get; init; } = Files.Disk.Instance;
}
