namespace Weir.Engine.Tests.Joins;

using CsCheck;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

/// <summary>A row of a table of input for two streams: an event of a side, or the watermark of one or both.</summary>
public readonly record struct Step(bool Left, bool Right, Reading? Event, long Watermark)
{
    public static Step L(long at, long value = 1, string key = "a") => new(true, false, new Reading(key, at, value), 0);

    public static Step R(long at, long value = 1, string key = "a") => new(false, true, new Reading(key, at, value), 0);

    public static Step Mark(long watermark) => new(true, true, null, watermark);

    public static Step MarkLeft(long watermark) => new(true, false, null, watermark);

    public static Step MarkRight(long watermark) => new(false, true, null, watermark);
}

/// <summary>Two streams of readings, and tables played to jobs that bring them together.</summary>
public static class Two
{
    public static readonly KeyedTopic<string, Reading> Left = Topic.Of<Reading>("left").KeyedBy(each => each.Key);
    public static readonly KeyedTopic<string, Reading> Right = Topic.Of<Reading>("right").KeyedBy(each => each.Key);
    public static readonly Topic<Reading> LateLeft = Topic.Of<Reading>("late-left");
    public static readonly Topic<Reading> LateRight = Topic.Of<Reading>("late-right");

    /// <summary>Events of both sides over a few keys, and steps of their watermarks.</summary>
    public static readonly Gen<Step> Steps = Gen.Frequency(
        (5, Gen.Select(Gen.Bool, Gen.Long[0, 40], Gen.Long[0, 9], Gen.OneOf("a", "b", "c"), (left, at, value, key) =>
            left ? Step.L(at, value, key) : Step.R(at, value, key))),
        (1, Gen.Long[0, 45].Select(Step.MarkLeft)),
        (1, Gen.Long[0, 45].Select(Step.MarkRight)));

    public static KeyedStream<string, Reading> Lefts(JobBuilder job) => From(job, Left);

    public static KeyedStream<string, Reading> Rights(JobBuilder job) => From(job, Right);

    public static string Pair(Reading left, Reading? right) => $"{left.Key} {left.At}/{left.Value} {Show(right)}";

    public static string Show(Reading? right) => right is null ? "none" : $"{right.At}/{right.Value}";

    /// <summary>Writes lines of text with the timestamps that they came with.</summary>
    public static void Stamped(DataStream<string> lines) =>
        lines.KeyBy(_ => "all").Process("stamp", new Stamp()).To(Tables.Texts);

    public static void Play(JobHarness run, Step step)
    {
        if (step.Left)
            Play(run, Left, step);
        if (step.Right)
            Play(run, Right, step);
    }

    /// <summary>What came of each row, in order.</summary>
    public static string[] Lines(JobHarness run, params Step[] table) =>
    [
        .. table.SelectMany((step, index) =>
        {
            Play(run, step);
            return run.ReadNew(Tables.Texts).Select(text => $"{index}: {text}");
        }),
    ];

    /// <summary>The same, with the lines of a row in the order of their text: keys are in no order.</summary>
    public static string[] OrderedLines(JobHarness run, params Step[] table) =>
    [
        .. table.SelectMany((step, index) =>
            Lines(run, step).Order(StringComparer.Ordinal).Select(line => index + line[1..])),
    ];

    private static void Play(JobHarness run, KeyedTopic<string, Reading> topic, Step step)
    {
        if (step.Event is { } reading)
            run.Send(topic, reading);
        else
            run.AdvanceWatermark(topic, T(step.Watermark));
    }

    private static KeyedStream<string, Reading> From(JobBuilder job, KeyedTopic<string, Reading> topic) => job
        .From(topic)
        .WithEventTime(reading => T(reading.At), Watermarks.Bounded(TimeSpan.FromDays(1)))
        .KeyBy(topic.Key);

    private sealed class Stamp : KeyedProcess<string, string, string>
    {
        public override void OnEvent(string value, IKeyContext<string, string> key) =>
            key.Emit($"{value} at {key.Time.Milliseconds}");
    }
}
