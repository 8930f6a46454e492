namespace Weir.Cli.Output;

using System.Globalization;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;

/// <summary>A job's status in words and sums.</summary>
internal static class JobText
{
    private const int MostOfProblem = 120;

    public static string Of(JobState state) => state switch
    {
        JobState.Stopped => "stopped",
        JobState.Starting => "starting",
        JobState.Running => "running",
        JobState.Finished => "finished",
        JobState.Failed => "failed",
        JobState.Restarting => "restarting",
        _ => state.ToString(),
    };

    /// <summary>The state, and the keys in quarantine that keep the job from finishing.</summary>
    public static string Of(JobStatus job)
    {
        int held = job.Operators.Sum(part => part.Quarantined);
        return held == 0 ? Of(job.State) : $"{Of(job.State)}, {Count(held, "key")} quarantined";
    }

    /// <summary>A number of things: <c>1 key</c>, <c>2 keys</c>.</summary>
    public static string Count(long number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");

    /// <summary>The lowest watermark of its sources that are not idle; the end if it has finished.</summary>
    public static EventTime Watermark(JobStatus job) => job.State == JobState.Finished ? EventTime.MaxValue : job.Sources
        .Where(source => !source.IsIdle)
        .Select(source => source.Watermark)
        .DefaultIfEmpty(EventTime.None)
        .Min();

    /// <summary>Why it does not go on: a failure, or what its sources wait for; null if nothing is wrong.</summary>
    public static string? Problem(JobStatus job) =>
        job.Failure ?? job.Sources.Select(source => source.Problem).OfType<string>().FirstOrDefault();

    /// <summary>The beginning of its problem, for a row of a table: the first line, 120 characters at most.</summary>
    public static string ShortProblem(JobStatus job)
    {
        string all = Problem(job) ?? "";
        string first = all.Split(['\r', '\n'], 2)[0];
        if (first.Length > MostOfProblem)
            first = first[..MostOfProblem];
        return first.Length < all.Length ? $"{first.TrimEnd()} ..." : all;
    }

    /// <summary>How many offsets it has not read yet.</summary>
    public static long Lag(JobStatus job) => job.Sources.Sum(source => Math.Max(0, source.End - source.Next));
}
