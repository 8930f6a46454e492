namespace Weir.Cli.Output;

using System.Globalization;
using Weir.Contracts.Jobs;

/// <summary>Checkpoints in words: sizes, times, and how they go.</summary>
internal static class CheckpointText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>The last one and its age, as in <c>12, 3 s ago</c>; with what fails since then.</summary>
    public static string Short(CheckpointStatus status, DateTimeOffset now)
    {
        string last = status.Last is { } done ? $"{done.Number}, {Age(done, now)}" : "none";
        if (status.Failed > 0)
            return $"{last}, {status.Failed} failed since";
        return status.IsCurrent ? $"{last}, nothing new since" : last;
    }

    /// <summary>The last one with its duration and size, or <c>none</c>.</summary>
    public static string Last(CheckpointStatus status, DateTimeOffset now) => status.Last is { } done
        ? $"{done.Number}, {Age(done, now)}, took {Span(done.Duration)}, {Size(done.Bytes)}, "
            + $"{Size(done.WrittenBytes)} written{(status.IsCurrent ? "; nothing has changed since" : "")}"
        : "none";

    /// <summary>What is wrong with the ones since then, which says itself how many did not complete.</summary>
    public static string Problem(CheckpointStatus status) => status.Problem ?? "none";

    /// <summary>The checkpoint that an answer is of.</summary>
    public static string Of(long? checkpoint) =>
        checkpoint?.ToString(CultureInfo.InvariantCulture) ?? "none, this is live";

    /// <summary>A point in time to the second, in UTC: <c>2026-01-31 12:00:05</c>.</summary>
    public static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A span in its greatest fitting unit: <c>45 ms</c>, <c>1.2 s</c>, <c>3 min</c>, <c>5 h</c>, <c>2 d</c>.
    /// </summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => Text($"{Math.Max(0, span.TotalMilliseconds):0} ms"),
        { TotalSeconds: < 10 } => Text($"{span.TotalSeconds:0.#} s"),
        { TotalMinutes: < 2 } => Text($"{span.TotalSeconds:0} s"),
        { TotalHours: < 2 } => Text($"{Math.Floor(span.TotalMinutes)} min"),
        { TotalDays: < 2 } => Text($"{Math.Floor(span.TotalHours)} h"),
        _ => Text($"{Math.Floor(span.TotalDays)} d"),
    };

    /// <summary>Bytes in their greatest fitting unit: <c>512 B</c>, <c>1.5 MiB</c>.</summary>
    public static string Size(long bytes)
    {
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < Units.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        return unit == 0 ? Text($"{bytes} B") : Text($"{size:0.0} {Units[unit]}");
    }

    // The clocks of the silo and of this machine differ; nothing is older than now.
    private static string Age(CheckpointDescription checkpoint, DateTimeOffset now)
    {
        TimeSpan age = now - (checkpoint.TakenAt + checkpoint.Duration);
        return age.TotalSeconds < 1 ? "just now" : $"{Span(TimeSpan.FromSeconds(Math.Floor(age.TotalSeconds)))} ago";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
