namespace Weir.Grains.Tests.Jobs;

using Weir.Engine.Errors;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>
/// One function that keeps its keys in quarantine and one that writes dead letters; both fail on the user "poison"
/// while the cause is there. What can not be read becomes a dead letter of the source.
/// </summary>
public sealed class CarefulPages : StreamJob
{
    public static readonly Topic<string> Counted = Topic.Of<string>("careful-counts");
    public static readonly Topic<Windowed<string, long>> Sums = Topic.Of<Windowed<string, long>>("careful-sums");
    public static readonly Topic<DeadLetter<Click>> Dead = Topic.Of<DeadLetter<Click>>("careful-dead");
    public static readonly Topic<SourceDeadLetter> Unread = Topic.Of<SourceDeadLetter>("careful-unread");
    public static readonly View<string, string> Last = new("careful-last");

    public static bool HasCause { get; set; }

    public override void Define(JobBuilder job)
    {
        KeyedStream<string, Click> pages = job
            .From(PageViews.Clicks)
            .OnError(Errors.DeadLetterTo(Unread))
            .WithEventTime(click => click.At, Watermarks.Bounded(outOfOrder: TimeSpan.Zero))
            .KeyBy(PageViews.Clicks.Key);
        pages.Process("careful", new Counts()).OnError(Errors.QuarantineKey).PublishAs(Last).To(Counted);
        pages.Window(Windows.Tumbling(TimeSpan.FromMinutes(1))).Aggregate("tolerant", 0L, Add)
            .OnError(Errors.DeadLetterTo(Dead)).To(Sums);
    }

    private static long Add(long sum, Click click)
    {
        Check(click);
        return sum + 1;
    }

    private static void Check(Click click)
    {
        if (HasCause && click.User == "poison")
            throw new InvalidOperationException("this user is poison");
    }

    private sealed class Counts : KeyedProcess<string, Click, string>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("count");

        public override void OnEvent(Click value, IKeyContext<string, string> key)
        {
            key.State(Count).Value++;
            Check(value);
            key.Emit($"{key.Key} {key.State(Count).Value}");
        }
    }
}
