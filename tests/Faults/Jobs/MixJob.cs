namespace Weir.Faults.Jobs;

using Weir.Connectors.Files;
using Weir.Engine.Errors;
using Weir.Engine.Joins;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>
/// Everything behind a shuffle: windows, sessions, timers, a join of two topics, transfers between keys. The input
/// keeps within the bound of the watermark, so nothing is late and the results depend on the events alone.
/// </summary>
/// <param name="files">Where its sink writes.</param>
public sealed class MixJob(MixFiles files) : StreamJob
{
    public const string JobName = "mix";
    public const string FileSinkName = "credit-files";

    public static readonly TimeSpan OutOfOrder = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan WindowSize = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan SessionGap = TimeSpan.FromMilliseconds(400);
    public static readonly TimeSpan RemindAfter = TimeSpan.FromMilliseconds(250);
    public static readonly TimeSpan PayWithin = TimeSpan.FromMilliseconds(500);

    public static readonly Topic<Windowed<int, Tally>> Sums = Topic.Of<Windowed<int, Tally>>("sums");
    public static readonly Topic<Windowed<int, Tally>> Sessions = Topic.Of<Windowed<int, Tally>>("sessions");
    public static readonly Topic<Rang> Reminders = Topic.Of<Rang>("reminders");
    public static readonly Topic<Paid> Joined = Topic.Of<Paid>("paid");
    public static readonly Topic<Credited> Credits = Topic.Of<Credited>("credits");
    public static readonly Topic<DeadLetter<Transfer>> Refused = Topic.Of<DeadLetter<Transfer>>("refused-transfers");
    public static readonly View<int, Debited> DebitView = new("debits");
    public static readonly View<int, Credited> CreditView = new("credits");

    public override string Name => JobName;

    public override void Define(JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        KeyedStream<int, Order> orders = job.From(Topics.Orders)
            .WithEventTime(order => order.At, Watermarks.Bounded(OutOfOrder))
            .KeyBy(order => order.Key);
        KeyedStream<int, Payment> payments = job.From(Topics.Payments)
            .WithEventTime(payment => payment.At, Watermarks.Bounded(OutOfOrder))
            .KeyBy(payment => payment.Key);

        orders.Window(Windows.Tumbling(WindowSize)).Aggregate("sum-orders", new TallyOrders()).To(Sums);
        orders.Window(Windows.Session(SessionGap)).Aggregate("order-sessions", new TallyOrders()).To(Sessions);
        orders.Process("remind", new Remind()).To(Reminders);
        orders.Join(payments)
            .Within(JoinInterval.Between(TimeSpan.Zero, PayWithin))
            .Select("paid-orders", (order, payment) => new Paid(order.Id, payment.Id))
            .To(Joined);

        job.From(Topics.Transfers)
            .WithEventTime(transfer => transfer.At, Watermarks.Bounded(OutOfOrder))
            .KeyBy(transfer => transfer.From)
            .Process("debit", new Debit())
            .OnError(Errors.DeadLetterTo(Refused))
            .PublishAs(DebitView)
            .KeyBy(debited => debited.To)
            .Process("credit", new Credit())
            .PublishAs(CreditView)
            .To(Credits)
            .To(FileSink.JsonLines<Credited>(FileSinkName, files.Directory, new FileSinkOptions { RollBytes = 4096 }));
    }
}

/// <summary>Where the job <c>mix</c> writes files.</summary>
/// <param name="Directory">The directory.</param>
public sealed record MixFiles(string Directory);
