namespace Weir.Engine.Tests;

using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>
/// The ways in which every test of a job runs: plain or with a crash between every two steps, one partition or four.
/// </summary>
public static class Runs
{
    public static TheoryData<bool, int> All => new() { { false, 1 }, { true, 1 }, { false, 4 }, { true, 4 } };

    public static TheoryData<bool> Crashes => [false, true];

    public static HarnessOptions Options(bool crash, int partitions = 1) =>
        new() { CrashBetweenSteps = crash, Partitions = partitions };
}

/// <summary>A job whose graph a test states in place.</summary>
public sealed class TestJob(Action<JobBuilder> define, string name = "test-job") : StreamJob
{
    public override string Name => name;

    public override void Define(JobBuilder job) => define(job);
}

/// <summary>The event of most tests: whose, when, and a number.</summary>
public sealed record Reading(string Key, long At, long Value = 1)
{
    public static readonly KeyedTopic<string, Reading> Input =
        Topic.Of<Reading>("readings").KeyedBy(reading => reading.Key);

    /// <summary>The topic with event time; tests state the watermark themselves.</summary>
    public static DataStream<Reading> From(JobBuilder job) =>
        job.From(Input).WithEventTime(reading => new EventTime(reading.At), Watermarks.Bounded(TimeSpan.FromDays(1)));

    public static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public static EventTime T(long milliseconds) => new(milliseconds);

    public static TimeRange Range(long start, long end) => new(new EventTime(start), new EventTime(end));
}

/// <summary>A row of a table of input: an event, a watermark or the clock, in the order of the table.</summary>
public readonly record struct Row(Reading? Event, long? Watermark, long? Clock)
{
    public static implicit operator Row(Reading reading) => new(reading, null, null);

    public static Row Mark(long watermark) => new(null, watermark, null);

    public static Row Tick(long clock) => new(null, null, clock);
}

/// <summary>A row of a table of output: which row of the input it came from, and the window with its value.</summary>
public readonly record struct Result(int Row, string Key, long Start, long End, long Value);

/// <summary>Plays a table of input to a job and reads the table of output.</summary>
public static class Tables
{
    public static readonly Topic<Windowed<string, long>> Results = Topic.Of<Windowed<string, long>>("results");
    public static readonly Topic<string> Texts = Topic.Of<string>("texts");
    public static readonly Topic<Reading> Late = Topic.Of<Reading>("late");

    public static void Play(JobHarness run, in Row row)
    {
        if (row.Event is { } reading)
            run.Send(Reading.Input, reading);
        if (row.Watermark is { } watermark)
            run.AdvanceWatermark(new EventTime(watermark));
        if (row.Clock is { } clock)
            run.AdvanceClock(new EventTime(clock));
    }

    /// <summary>Windows by row; windows of one row are ordered by key and start, for groups are in no order.</summary>
    public static Result[] Windows(JobHarness run, params Row[] table) =>
    [
        .. table.SelectMany((row, index) =>
        {
            Play(run, in row);
            return run.ReadNew(Results)
                .Select(each => new Result(
                    index, each.Key, each.Window.Start.Milliseconds, each.Window.End.Milliseconds, each.Value))
                .OrderBy(each => each.Key, StringComparer.Ordinal)
                .ThenBy(each => each.Start);
        }),
    ];

    /// <summary>Lines of text by row, in the order in which they came: tables for one key.</summary>
    public static string[] Lines(JobHarness run, params Row[] table) =>
    [
        .. table.SelectMany((row, index) =>
        {
            Play(run, in row);
            return run.ReadNew(Texts).Select(text => $"{index}: {text}");
        }),
    ];
}
