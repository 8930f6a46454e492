namespace Weir.Engine.Tests.Guide;

using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>The code of docs/guide/joins.md.</summary>
public sealed class JoinsGuide
{
    private static readonly EventTime Noon = EventTime.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    #region streams
    public sealed record Order(string Id, string Currency, long Amount, EventTime At);

    public sealed record Payment(string OrderId, EventTime At);

    public sealed record Rate(string Currency, double Euros, EventTime From);

    public static class Shop
    {
        public static readonly Topic<Order> Orders = Topic.Of<Order>("orders");
        public static readonly Topic<Payment> Payments = Topic.Of<Payment>("payments");
        public static readonly Topic<Rate> Rates = Topic.Of<Rate>("rates");
        public static readonly Topic<string> Lines = Topic.Of<string>("lines");
        public static readonly WatermarkStrategy InTime = Watermarks.Bounded(TimeSpan.FromMinutes(5));
    }
    #endregion

    #region interval
    public sealed class PaidOrders : StreamJob
    {
        public override void Define(JobBuilder job)
        {
            var orders = job.From(Shop.Orders).WithEventTime(order => order.At, Shop.InTime).KeyBy(order => order.Id);
            var payments = job.From(Shop.Payments).WithEventTime(payment => payment.At, Shop.InTime)
                .KeyBy(payment => payment.OrderId);

            orders.Join(payments)
                .Within(JoinInterval.Between(TimeSpan.Zero, TimeSpan.FromHours(1)))
                .Select("paid-orders", (order, payment) => $"{order.Id} paid after {payment.At - order.At}")
                .To(Shop.Lines);
        }
    }
    #endregion

    #region temporal
    public sealed class OrdersInEuros : StreamJob
    {
        public override void Define(JobBuilder job)
        {
            var orders = job.From(Shop.Orders).WithEventTime(order => order.At, Shop.InTime)
                .KeyBy(order => order.Currency);
            var rates = job.From(Shop.Rates).WithEventTime(rate => rate.From, Shop.InTime)
                .KeyBy(rate => rate.Currency);

            orders.JoinAsOf(rates)
                .SelectOrDefault(
                    "orders-in-euros",
                    (order, rate) => rate is null
                        ? $"{order.Id}: no rate"
                        : $"{order.Id}: {order.Amount * rate.Euros} EUR")
                .To(Shop.Lines);
        }
    }
    #endregion

    #region windows
    public sealed class UnpaidPerHour : StreamJob
    {
        public override void Define(JobBuilder job)
        {
            var orders = job.From(Shop.Orders).WithEventTime(order => order.At, Shop.InTime).KeyBy(order => order.Id);
            var payments = job.From(Shop.Payments).WithEventTime(payment => payment.At, Shop.InTime)
                .KeyBy(payment => payment.OrderId);

            orders.CoGroup(payments)
                .Window(Windows.Tumbling(TimeSpan.FromHours(1)))
                .Apply<string>("unpaid-orders", (both, window) =>
                {
                    if (both.Right.Count == 0)
                        window.Emit($"{window.Key} was not paid in the hour of its order");
                })
                .To(Shop.Lines);
        }
    }
    #endregion

    #region connect
    public sealed class FirstPayments : StreamJob
    {
        public override void Define(JobBuilder job)
        {
            var orders = job.From(Shop.Orders).KeyBy(order => order.Id);
            var payments = job.From(Shop.Payments).KeyBy(payment => payment.OrderId);
            orders.Connect(payments).Process("match", new MatchPayment()).To(Shop.Lines);
        }
    }

    /// <summary>Waits for whichever comes last, without any limit of time.</summary>
    public sealed class MatchPayment : KeyedProcess<string, Either<Order, Payment>, string>
    {
        private static readonly ValueSlot<Order> Open = State.Value<Order>("open-order");
        private static readonly ValueSlot<bool> Paid = State.Value<bool>("paid");

        public override void OnEvent(Either<Order, Payment> value, IKeyContext<string, string> key)
        {
            if (value.IsLeft(out Order? order, out Payment? _))
                key.State(Open).Value = order;
            else
                key.State(Paid).Value = true;
            if (key.State(Open).Value is not { } open || !key.State(Paid).Value)
                return;
            key.Emit($"{open.Id} over {open.Amount} is paid");
            key.State(Open).Clear();
            key.State(Paid).Clear();
        }
    }
    #endregion

    #region broadcast
    public sealed record Limit(string Currency, long Amount);

    public sealed class LargeOrders : StreamJob
    {
        public static readonly Topic<Limit> Limits = Topic.Of<Limit>("limits");

        public override void Define(JobBuilder job) => job
            .From(Shop.Orders)
            .KeyBy(order => order.Id)
            .Connect(job.From(Limits).Broadcast())
            .Process("check-limits", new CheckLimits())
            .To(Shop.Lines);
    }

    public sealed class CheckLimits : KeyedProcess<string, Order, string>, IBroadcastInput<Limit, string, string>
    {
        private static readonly BroadcastSlot<string, long> Limits = State.Broadcast<string, long>("limits");

        public void OnBroadcast(Limit value, IBroadcastContext<string, string> context)
        {
            context.State(Limits)[value.Currency] = value.Amount;
            // This runs in every key group: one of them tells.
            if (context.Group == 0)
                context.Emit($"limit {value.Amount} {value.Currency}");
        }

        public override void OnEvent(Order value, IKeyContext<string, string> key)
        {
            if (key.State(Limits).TryGet(value.Currency, out long limit) && value.Amount > limit)
                key.Emit($"{key.Key} exceeds {limit} {value.Currency}");
        }
    }
    #endregion

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnOrderMeetsThePaymentsOfItsHour(bool crash)
    {
        EventTime noon = Noon;

        #region interval-test
        var run = new JobHarness(new PaidOrders(), new HarnessOptions { CrashBetweenSteps = crash });
        run.Send(Shop.Orders, new Order("o1", "EUR", 20, noon), new Order("o2", "EUR", 30, noon));
        // Both ends are inside: o1 is paid after an hour exactly, o2 a millisecond later.
        EventTime one = noon + TimeSpan.FromHours(1);
        run.Send(Shop.Payments, new Payment("o1", one), new Payment("o2", one + TimeSpan.FromMilliseconds(1)));
        Assert.Equal(["o1 paid after 01:00:00"], run.Read(Shop.Lines));

        // An order is held until the watermark has reached what it could still meet.
        run.AdvanceWatermark(one - TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, run.Keys("paid-orders"));
        run.AdvanceWatermark(one + TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, run.Keys("paid-orders"));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnOrderTakesTheRateOfItsTime(bool crash)
    {
        EventTime noon = Noon;

        #region temporal-test
        var run = new JobHarness(new OrdersInEuros(), new HarnessOptions { CrashBetweenSteps = crash });
        EventTime Minute(int minute) => noon + TimeSpan.FromMinutes(minute);
        run.Send(Shop.Orders, new Order("o1", "USD", 100, Minute(5)), new Order("o2", "USD", 100, Minute(10)));
        run.Send(Shop.Orders, new Order("o3", "USD", 100, Minute(11)));
        run.Send(Shop.Rates, new Rate("USD", 0.5, Minute(6)), new Rate("USD", 0.25, Minute(11)));

        // An order waits until the watermark of both streams has reached its time.
        run.AdvanceWatermark(Minute(10));
        Assert.Equal(["o1: no rate", "o2: 50 EUR"], run.ReadNew(Shop.Lines));
        run.AdvanceWatermark(Minute(11));
        Assert.Equal(["o3: 25 EUR"], run.ReadNew(Shop.Lines));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnHourWithoutAPaymentIsNoticed(bool crash)
    {
        EventTime noon = Noon;

        #region windows-test
        var run = new JobHarness(new UnpaidPerHour(), new HarnessOptions { CrashBetweenSteps = crash });
        run.Send(Shop.Orders, new Order("o1", "EUR", 20, noon), new Order("o2", "EUR", 30, noon));
        run.Send(Shop.Payments, new Payment("o1", noon + TimeSpan.FromMinutes(59)));
        run.AdvanceWatermark(noon + TimeSpan.FromHours(1));
        Assert.Equal(["o2 was not paid in the hour of its order"], run.Read(Shop.Lines));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WhicheverComesLast_GivesTheMatch(bool crash)
    {
        EventTime noon = Noon;

        #region connect-test
        var run = new JobHarness(new FirstPayments(), new HarnessOptions { CrashBetweenSteps = crash });
        run.Send(Shop.Payments, new Payment("o1", noon));
        run.Send(Shop.Orders, new Order("o1", "EUR", 20, noon), new Order("o2", "EUR", 30, noon));
        Assert.Equal(["o1 over 20 is paid"], run.Read(Shop.Lines));
        Assert.Equal(1, run.Keys("match"));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ALimitReachesAllKeys(bool crash)
    {
        EventTime noon = Noon;

        #region broadcast-test
        var run = new JobHarness(new LargeOrders(), new HarnessOptions { CrashBetweenSteps = crash });
        run.Send(Shop.Orders, new Order("o1", "EUR", 900, noon));
        run.Send(LargeOrders.Limits, new Limit("EUR", 500));
        Assert.Equal(["limit 500 EUR"], run.ReadNew(Shop.Lines));
        run.Send(Shop.Orders, new Order("o2", "EUR", 501, noon), new Order("o3", "EUR", 500, noon));
        Assert.Equal(["o2 exceeds 500 EUR"], run.ReadNew(Shop.Lines));
        #endregion
    }
}
