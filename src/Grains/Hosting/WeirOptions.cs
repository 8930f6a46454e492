namespace Weir.Grains.Hosting;

/// <summary>The settings of Weir on a silo; validated when the silo starts.</summary>
public sealed class WeirOptions
{
    /// <summary>
    /// Where an embedded silo keeps its event log and its records; created if need be. Default: <c>weir-data</c> below
    /// the current directory.
    /// </summary>
    public string DataDirectory { get; set; } = "weir-data";

    /// <summary>Partitions of a topic that is created without saying how many, 1 to 1024. Default: 4.</summary>
    public int DefaultPartitions { get; set; } = 4;

    /// <summary>
    /// How many events may wait for a key group before its senders wait, 64 to 1 048 576. More smooths bursts and costs
    /// memory. Default: 4096.
    /// </summary>
    public int InboxEvents { get; set; } = 4096;

    /// <summary>How often a silo looks whether the jobs that should run do. Default: 5 s; 100 ms or more.</summary>
    public TimeSpan RevivalPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often batches beyond their topic's retention are removed, never past what a running job still has to read.
    /// Default: 1 minute; 100 ms or more.
    /// </summary>
    public TimeSpan RetentionPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a source that waits for others keeps a delivery before it gives up its subscription; below the time
    /// after which a call is made again.
    /// </summary>
    internal TimeSpan AlignmentPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>One sentence per setting that is out of its range.</summary>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
            yield return "DataDirectory is empty: name a directory that the silo may write to.";
        if (DefaultPartitions is < 1 or > 1024)
            yield return $"DefaultPartitions is {DefaultPartitions}: use 1 to 1024.";
        if (InboxEvents is < 64 or > 1_048_576)
            yield return $"InboxEvents is {InboxEvents}: use 64 to 1048576.";
        if (RevivalPeriod < TimeSpan.FromMilliseconds(100))
            yield return $"RevivalPeriod is {RevivalPeriod}: use 100 ms or more.";
        if (RetentionPeriod < TimeSpan.FromMilliseconds(100))
            yield return $"RetentionPeriod is {RetentionPeriod}: use 100 ms or more.";
    }
}
