namespace Weir.Conformance.Areas;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>An event of a case; its time is the 64-bit minimum if it has none.</summary>
public sealed record Item(string Key, long Value, long Ts)
{
    public static readonly KeyedTopic<string, Item> Input = Topic.Of<Item>("input").KeyedBy(item => item.Key);

    public static readonly Topic<string> Output = Topic.Of<string>("output");

    public static readonly Topic<Item> Late = Topic.Of<Item>("late");
}

/// <summary>A job whose watermark moves only when the case says so.</summary>
internal sealed class CaseJob(Action<DataStream<Item>> define) : StreamJob
{
    public override string Name => "case";

    public override void Define(JobBuilder job) => define(Timed(job.From(Item.Input)));

    /// <summary>Events with their times, and no watermark that follows from them.</summary>
    public static DataStream<Item> Timed(SourceStream<Item> source) =>
        source.WithEventTime(item => new EventTime(item.Ts), Watermarks.None());
}
