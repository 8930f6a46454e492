namespace Weir.Grains.Tests.Jobs;

using Weir.Engine.Errors;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Something outside of the jobs below, which a test answers for. Without a test it answers at once.</summary>
public sealed class Outside
{
    private int _inFlight;
    private int _asked;
    private int _most;

    public Func<Click, CancellationToken, Task<string>> Answer { get; set; } =
        static (click, _) => Task.FromResult(click.User);

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>The most questions that were open at one time.</summary>
    public int MostInFlight => Volatile.Read(ref _most);

    public async Task<string> AskAsync(Click click, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _asked);
        int now = Interlocked.Increment(ref _inFlight);
        for (int most = MostInFlight; now > most; most = MostInFlight)
            Interlocked.CompareExchange(ref _most, now, most);
        try
        {
            return await Answer(click, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}

/// <summary>What was answered for a click.</summary>
public sealed record Answered(string Page, EventTime At, string Text);

/// <summary>Asks the outside for each click, and counts the answers per page and minute.</summary>
public abstract class AskingJob(Outside outside, EnrichOptions options) : StreamJob
{
    public static readonly Topic<Answered> Answers = Topic.Of<Answered>("answers");
    public static readonly Topic<Windowed<string, long>> PerMinute =
        Topic.Of<Windowed<string, long>>("answers-per-minute");

    public override void Define(JobBuilder job)
    {
        EnrichedStream<Click, Answered> answered = job
            .From(PageViews.Clicks)
            .WithEventTime(click => click.At, Watermarks.Monotonous())
            .EnrichAsync(
                "ask",
                async (click, cancellation) =>
                    new Answered(click.Page, click.At, await outside.AskAsync(click, cancellation)),
                options);
        Handle(answered);
        answered.To(Answers)
            .KeyBy(each => each.Page)
            .Window(Engine.Windows.Windows.Tumbling(TimeSpan.FromMinutes(1)))
            .Aggregate("count-answers", 0L, (count, _) => count + 1)
            .To(PerMinute);
    }

    protected virtual void Handle(EnrichedStream<Click, Answered> answered)
    {
    }
}

public sealed class OrderedCalls(Outside outside) : AskingJob(outside, new EnrichOptions { Capacity = 50 });

public sealed class UnorderedCalls(Outside outside)
    : AskingJob(outside, new EnrichOptions { Capacity = 50, Order = ResultOrder.Unordered });

public sealed class RetriedCalls(Outside outside) : AskingJob(
    outside,
    new EnrichOptions { Retry = new EnrichRetry { Attempts = 3, Delay = TimeSpan.Zero } });

/// <summary>Has little patience, and goes on without an answer.</summary>
public sealed class HurriedCalls(Outside outside)
    : AskingJob(outside, new EnrichOptions { Timeout = TimeSpan.FromMilliseconds(10) })
{
    protected override void Handle(EnrichedStream<Click, Answered> answered) =>
        answered.OrElse((click, fault) => new Answered(click.Page, click.At, fault.GetType().Name));
}

/// <summary>Writes the clicks that get no answer as dead letters.</summary>
public sealed class LenientCalls(Outside outside) : AskingJob(outside, new EnrichOptions())
{
    public static readonly Topic<DeadLetter<Click>> Unanswered = Topic.Of<DeadLetter<Click>>("unanswered");

    protected override void Handle(EnrichedStream<Click, Answered> answered) =>
        answered.OnError(Errors.DeadLetterTo(Unanswered));
}
