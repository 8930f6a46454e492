namespace Weir.Soak.Jobs;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;

/// <summary>A user looks at a page.</summary>
public sealed record Visit(string Page, string User, long Round);

/// <summary>The how-manieth visit of a user it was, and when it was applied, by the clock of the machine in ticks.
/// </summary>
public sealed record VisitCount(string User, long Value, long AppliedAt);

/// <summary>Numbers the visits of each user, behind a shuffle: what is lost or counted twice shows in the numbers.</summary>
public sealed class CountVisits : StreamJob
{
    public const string JobName = "count-visits";
    public static readonly KeyedTopic<string, Visit> Visits = Topic.Of<Visit>("visits").KeyedBy(visit => visit.Page);
    public static readonly Topic<VisitCount> Counts = Topic.Of<VisitCount>("visit-counts");
    public static readonly View<string, VisitCount> Latest = new("latest-visit-count");

    public override string Name => JobName;

    public override void Define(JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        job.From(Visits)
            .KeyBy(visit => visit.User)
            .Process("count", new Counter())
            .PublishAs(Latest)
            .To(Counts);
    }

    private sealed class Counter : KeyedProcess<string, Visit, VisitCount>
    {
        private static readonly ValueSlot<long> Counted = State.Value<long>("counted");

        // The moment is for measuring pauses; nothing that is compared depends on it.
        public override void OnEvent(Visit value, IKeyContext<string, VisitCount> key) =>
            key.Emit(new VisitCount(key.Key, ++key.State(Counted).Value, DateTime.UtcNow.Ticks));
    }
}
