namespace Weir.Engine.Tests.Streams;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;

public sealed class ConnectTests
{
    private static readonly KeyedTopic<string, Order> Orders =
        Topic.Of<Order>("orders").KeyedBy(order => order.Id);

    private static readonly KeyedTopic<string, Payment> Payments =
        Topic.Of<Payment>("payments").KeyedBy(payment => payment.Order);

    private static readonly Topic<string> Out = Topic.Of<string>("out");

    public static TheoryData<bool, int> All => Runs.All;

    [Theory]
    [MemberData(nameof(All))]
    public void BothStreamsShareTheStateOfAKey(bool crash, int partitions)
    {
        var run = new JobHarness(new TestJob(Define), Runs.Options(crash, partitions));
        run.Send(Orders, new Order("a", 10, 5), new Order("b", 11, 7));
        run.Send(Payments, new Payment("b", 12), new Payment("c", 13));
        run.Send(Payments, new Payment("a", 14));
        run.Send(Orders, new Order("c", 15, 9));
        Assert.Equal(["b paid 7 at 12", "c unknown", "a paid 5 at 14"], run.Read(Out).Order(OutOrder));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void TheWatermarkIsTheLowerOfTheTwo(bool crash, int partitions)
    {
        var run = new JobHarness(new TestJob(Define), Runs.Options(crash, partitions));
        run.Send(Orders, new Order("a", 10, 5));
        run.AdvanceWatermark(Orders, new EventTime(100));
        run.AdvanceWatermark(Payments, new EventTime(59));
        Assert.Empty(run.Read(Out));
        run.AdvanceWatermark(Payments, new EventTime(60));
        Assert.Equal(["a unpaid at 60"], run.Read(Out));
    }

    [Fact]
    public void StreamsKeyedByTheirTopicsKeepTheirPartitions()
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(Define), codecs);
        var plan = new JobPlan(
            graph, codecs, new Dictionary<string, int> { ["orders"] = 4, ["payments"] = 2, ["out"] = 1 });
        Assert.Equal(2, plan.ChannelCount(0, 17));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AThirdStreamConnectsToTwo(bool crash, int partitions)
    {
        var job = new TestJob(builder => builder.From(Orders).KeyBy(Orders.Key)
            .Connect(builder.From(Payments).KeyBy(payment => payment.Order))
            .Connect(builder.From(Reading.Input).KeyBy(Reading.Input.Key))
            .Process("sides", new Sides())
            .To(Out));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        run.Send(Reading.Input, new Reading("a", 1));
        run.Send(Orders, new Order("a", 1, 5));
        run.Send(Payments, new Payment("a", 1));
        Assert.Equal(["a: third", "a: first", "a: second"], run.Read(Out));
    }

    [Fact]
    public void AKeyThatRefinesAnotherConnectsOnlyToOneThatDoes()
    {
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(new TestJob(builder => builder
            .From(Orders)
            .KeyBy(Orders.Key.Refine(order => (order.Id, order.Amount), both => both.Id))
            .Connect(builder.From(Payments).KeyBy(payment => (payment.Order, 1L)))
            .Process("sides", new PairSides())
            .To(Out))));
        Assert.Contains("Refine both, or none", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEventOfEitherSideIsWrittenWithThatSideOnly()
    {
        Codec<Either<string, long>> codec = new CodecRegistry().For<Either<string, long>>();
        foreach (Either<string, long> value in new[] { Either<string, long>.Left("x"), Either<string, long>.Right(7) })
        {
            var writer = new ByteWriter();
            codec.Write(writer, in value);
            Assert.Equal(value, codec.Read(new ByteReader(writer.WrittenMemory)));
        }

        Assert.Equal("either(string|long)", codec.Schema);
    }

    private static readonly Comparer<string> OutOrder = Comparer<string>.Create((a, b) => Place(a) - Place(b));

    // Keys of one batch lie in different partitions, so their order is not that of the batch.
    private static int Place(string line) => Array.IndexOf(["b", "c", "a"], line[..1]);

    private static void Define(JobBuilder job) => job
        .From(Orders)
        .WithEventTime(order => new EventTime(order.At), Watermarks.Bounded(TimeSpan.FromDays(1)))
        .KeyBy(Orders.Key)
        .Connect(job.From(Payments)
            .WithEventTime(payment => new EventTime(payment.At), Watermarks.Bounded(TimeSpan.FromDays(1)))
            .KeyBy(Payments.Key))
        .Process("settle", new Settle())
        .To(Out);

    private sealed record Order(string Id, long At, long Amount);

    private sealed record Payment(string Order, long At);

    private sealed class Settle : KeyedProcess<string, Either<Order, Payment>, string>
    {
        private static readonly ValueSlot<long> Open = State.Value<long>("open");

        public override void OnEvent(Either<Order, Payment> value, IKeyContext<string, string> key)
        {
            if (value.IsLeft(out Order? order, out Payment? payment))
            {
                key.State(Open).Value = order.Amount;
                key.Timers.SetEventTime("due", key.Time + TimeSpan.FromMilliseconds(50));
                return;
            }

            key.Emit(key.State(Open).HasValue
                ? $"{key.Key} paid {key.State(Open).Value} at {payment.At}"
                : $"{key.Key} unknown");
            key.State(Open).Clear();
            key.Timers.Cancel("due");
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            key.Emit($"{key.Key} unpaid at {timer.Time.Milliseconds}");
            key.State(Open).Clear();
        }
    }

    private sealed class Sides : KeyedProcess<string, Either<Either<Order, Payment>, Reading>, string>
    {
        public override void OnEvent(
            Either<Either<Order, Payment>, Reading> value, IKeyContext<string, string> key) => key.Emit(
            $"{key.Key}: " + value.Match(two => two.Match(_ => "first", _ => "second"), _ => "third"));
    }

    private sealed class PairSides : KeyedProcess<(string, long), Either<Order, Payment>, string>
    {
        public override void OnEvent(Either<Order, Payment> value, IKeyContext<(string, long), string> key) =>
            key.Emit(value.ToString());
    }
}
