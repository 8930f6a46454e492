namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>
/// Joins of two sides by an interval of time. Pairs are compared as sets with repetition. What the buffers hold says
/// how the join works inside: it is compared last, and a difference there is reported apart and not as a failure.
/// </summary>
internal sealed class IntervalJoinArea : Area
{
    public override void Run(JsonElement each)
    {
        if (each.At("invalidConfigs") is not null)
            Refuse(each);
        else
            Play(each);
    }

    private static void Refuse(JsonElement each)
    {
        foreach (JsonElement config in each.List("invalidConfigs"))
        {
            bool refused = false;
            try
            {
                Interval(config);
            }
            catch (ArgumentException)
            {
                refused = true;
            }

            Expect($"{config}", "refused", refused ? "refused" : "accepted");
        }
    }

    private static void Play(JsonElement each)
    {
        JoinInterval interval = Interval(each.GetProperty("config"));
        string? inside = null;
        foreach (bool crash in (bool[])[false, true])
        {
            var play = new JoinRun(each, new JoinJob(interval), crash);
            play.Play();
            inside ??= play.InsideDifference;
        }

        if (inside is not null)
            throw new SkippedException($"internal: {inside}");
    }

    private static JoinInterval Interval(JsonElement config)
    {
        var interval = JoinInterval.Between(Span(config.Long("lower")), Span(config.Long("upper")));
        if (IsFalse(config, "lowerInclusive"))
            interval = interval.LowerExclusive();
        return IsFalse(config, "upperInclusive") ? interval.UpperExclusive() : interval;
    }

    private static bool IsFalse(JsonElement config, string name) =>
        config.At(name) is { ValueKind: JsonValueKind.False };

    private static TimeSpan Span(long milliseconds) =>
        milliseconds <= (long)TimeSpan.MinValue.TotalMilliseconds ? TimeSpan.MinValue : Json.Span(milliseconds);
}

/// <summary>A pair as a case shows it: the two times and the result's own.</summary>
public sealed record JoinedPair(string Key, long Left, long Right);

/// <summary>A job that joins two topics, with a late output per side.</summary>
internal sealed class JoinJob(JoinInterval interval) : StreamJob
{
    public static readonly KeyedTopic<string, Item> Left = Topic.Of<Item>("left").KeyedBy(item => item.Key);
    public static readonly KeyedTopic<string, Item> Right = Topic.Of<Item>("right").KeyedBy(item => item.Key);
    public static readonly Topic<Item> LateLeft = Topic.Of<Item>("late-left");
    public static readonly Topic<Item> LateRight = Topic.Of<Item>("late-right");

    public override string Name => "case";

    public override void Define(JobBuilder job) => CaseJob.Timed(job.From(Left)).KeyBy(Left.Key)
        .Join(CaseJob.Timed(job.From(Right)).KeyBy(Right.Key))
        .Within(interval)
        .Select("join", (left, right) => new JoinedPair(left.Key, left.Ts, right.Ts))
        .LateLeftTo(LateLeft)
        .LateRightTo(LateRight)
        .KeyBy(pair => pair.Key)
        .Process("stamp", new Stamp())
        .To(Item.Output);

    /// <summary>Shows the timestamp that a result came with.</summary>
    private sealed class Stamp : KeyedProcess<string, JoinedPair, string>
    {
        public override void OnEvent(JoinedPair value, IKeyContext<string, string> key) =>
            key.Emit($"{value.Left} {value.Right} at {key.Time.Milliseconds}");
    }
}
