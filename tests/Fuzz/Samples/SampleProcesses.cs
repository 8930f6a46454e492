namespace Weir.Fuzz.Samples;

using Weir.Engine.Aggregates;
using Weir.Engine.Errors;
using Weir.Engine.Streams;

/// <summary>Jobs of functions with state, of calls to the outside, and of functions with state per partition.</summary>
internal static class SampleProcesses
{
    private static readonly View<string, string> Texts = new("texts");
    private static readonly Topic<string> Lines = Topic.Of<string>("lines");
    private static readonly Topic<DeadLetter<Click>> Letters = Topic.Of<DeadLetter<Click>>("letters");

    public static IEnumerable<SampleJob> All =>
    [
        new("process", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Everything()).PublishAs(Texts)),
        new("state", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Folding())),
        new("expiring", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Expiring())),
        new("expiring-late", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new ExpiringLate())),
        new("expiring-upgraded", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Expiring()))
        {
            WrittenBy = new("expiring-before", clicks => clicks.KeyBy(Click.Input.Key)
                .Process("op", new ExpiringBefore())),
        },
        new("upgraded", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Upgraded()))
        {
            WrittenBy = new("before", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Before())),
        },
        new("broadcast", (clicks, job) => clicks.KeyBy(click => click.Page)
            .Connect(SampleJobs.Second(job).Broadcast())
            .Process("op", new Rules())),
        new("broadcast-upgraded", (clicks, job) => clicks.KeyBy(click => click.Page)
            .Connect(SampleJobs.Second(job).Broadcast())
            .Process("op", new RulesUpgraded()))
        {
            WrittenBy = new("broadcast-before", (clicks, job) => clicks.KeyBy(click => click.Page)
                .Connect(SampleJobs.Second(job).Broadcast())
                .Process("op", new Rules())),
        },
        new("quarantine", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Fragile())
            .PublishAs(Texts).OnError(Errors.QuarantineKey)),
        new("quarantine-letters", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Fragile())
            .OnError(Errors.QuarantineKey.DeadLetterTo(Letters))),
        new("dead-letters", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Fragile())
            .OnError(Errors.DeadLetterTo(Letters))),
        new("enrich", clicks => clicks.EnrichAsync("op", (click, _) => Task.FromResult(click.Value)).To(Numbers)),
        new("enrich-unordered", clicks => clicks.EnrichAsync(
            "op",
            (click, _) => Task.FromResult(click.Value),
            new EnrichOptions { Order = ResultOrder.Unordered, Capacity = 8 }).To(Numbers)),
        new("partition", clicks => clicks.ProcessPartition("part", new PerPartition())
            .ProcessPartition("second-part", new PerPartition())
            .KeyBy(click => click.Page).Process("op", new Folding())),
        new("hosted", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Everything())
            .OneGrainPerKey().PublishAs(Texts).To(Lines)),
        new("hosted-expiring", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Expiring())
            .OneGrainPerKey().To(Lines)),
        new("hosted-letters", clicks => clicks.KeyBy(Click.Input.Key).Process("op", new Waiting())
            .OneGrainPerKey().OnError(Errors.DeadLetterTo(Letters)).To(Lines)),
    ];

    private static Topic<long> Numbers { get; } = Topic.Of<long>("numbers-out");
}
