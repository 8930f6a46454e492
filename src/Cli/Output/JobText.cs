namespace Weir.Cli.Output;

using Weir.Contracts.Jobs;
using Weir.Engine.Time;

/// <summary>A job's status in words and sums.</summary>
internal static class JobText
{
    public static string Of(JobState state) => state switch
    {
        JobState.Stopped => "stopped",
        JobState.Starting => "starting",
        JobState.Running => "running",
        JobState.Finished => "finished",
        JobState.Failed => "failed",
        _ => state.ToString(),
    };

    /// <summary>The lowest watermark of its sources that are not idle.</summary>
    public static EventTime Watermark(JobStatus job) => job.Sources
        .Where(source => !source.IsIdle)
        .Select(source => source.Watermark)
        .DefaultIfEmpty(EventTime.None)
        .Min();

    /// <summary>How many offsets it has not read yet.</summary>
    public static long Lag(JobStatus job) => job.Sources.Sum(source => Math.Max(0, source.End - source.Next));
}
