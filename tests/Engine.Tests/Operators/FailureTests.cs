namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>A failure says where: the operator and key, or the topic and offset.</summary>
public sealed class FailureTests
{
    [Fact]
    public void AFailingFold_NamesOperatorKeyAndTime()
    {
        var run = Job(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("folds", 0L, (_, _) => throw new InvalidOperationException("no")).To(Tables.Results));
        Fails(() => run.Send(Input, new Reading("a", 1500)), "folds", 1500);
    }

    [Fact]
    public void AFailingWindowFunction_NamesThemToo()
    {
        var run = Job(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
            .Process("process", new Breaks()).To(Tables.Texts));
        run.Send(Input, new Reading("a", 1));
        Fails(() => run.AdvanceWatermark(T(9)), "process", 9);
    }

    [Fact]
    public void AFailingTimer_NamesThemToo()
    {
        var run = Job(job => From(job).KeyBy(Input.Key).Process("process", new BreaksLater()).To(Tables.Texts));
        run.Send(Input, new Reading("a", 1));
        Fails(() => run.AdvanceWatermark(T(50)), "process", 11);
    }

    [Fact]
    public void ANestedFailure_NamesTheOperatorThatFailed()
    {
        var run = Job(job => From(job).KeyBy(Input.Key).Process("first", new Echo())
            .KeyBy(text => text).Process("second", new Refuses()).To(Tables.Texts));
        Fails(() => run.Send(Input, new Reading("a", 1)), "second", 1);
    }

    [Fact]
    public void AnEventWithoutTime_CanNotEnterAWindow()
    {
        var run = Job(job => From(job).KeyBy(Input.Key).Process("clock", new Echo(byClock: true))
            .KeyBy(text => text).Window(Windows.Tumbling(Ms(10))).Process("windows", new Joined()).To(Tables.Texts));
        run.Send(Input, new Reading("a", 1));
        var fault = Assert.Throws<OperatorFailedException>(() => run.AdvanceClock(T(100)));
        Assert.Contains("no timestamp", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFailingStep_NamesTopicPartitionAndOffset()
    {
        var run = Job(job => From(job).Select(each => 10 / each.Value).To(Topic.Of<long>("out")));
        run.Send(Input, new Reading("a", 1), new Reading("a", 2));
        var fault = Assert.Throws<SourceFailedException>(() =>
            run.Send(Input, new Reading("a", 1), new Reading("a", 2, 0)));
        Assert.Equal(("readings", 0, 3L), (fault.Topic, fault.Partition, fault.Offset));
        Assert.Contains("offset 3 of readings/0", fault.Message, StringComparison.Ordinal);
        Assert.IsType<DivideByZeroException>(fault.InnerException);
    }

    [Fact]
    public void AMisplacedEvent_IsRefused_WhereTheJobReliesOnPartitions()
    {
        var job = new TestJob(job => From(job).KeyBy(Input.Key).Process("echo", new Echo()).To(Tables.Texts));
        var run = new JobHarness(job, Runs.Options(crash: false, partitions: 4));
        int partition = Input.PartitionOf(new Reading("a", 1), 4, new CodecRegistry())!.Value;
        run.SendTo(Input, partition, new Reading("a", 1));
        var fault = Assert.Throws<SourceFailedException>(() =>
            run.SendTo(Input, (partition + 1) % 4, new Reading("a", 2)));
        Assert.IsType<MisplacedEventException>(fault.InnerException);
        Assert.Contains($"belongs to partition {partition}", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 1 }, 1)]
    [InlineData(new byte[] { 9, 1, 2 }, 1)]
    [InlineData(new byte[] { 1, 2, 7 }, 1)]
    [InlineData(new byte[] { 2, 2, 7 }, 1)]
    public void DamagedEvents_AreNoEvents(byte[] payload, int count)
    {
        var codecs = new CodecRegistry();
        var numbers = Topic.Of<int>("numbers");
        var graph = JobGraph.Build(new TestJob(job => job.From(numbers).To(Topic.Of<int>("out"))), codecs);
        var plan = new JobPlan(graph, codecs, new Dictionary<string, int> { ["numbers"] = 1, ["out"] = 1 });
        SourceProgram source = plan.CreateSource(0, 0);
        source.StartAt(7);
        var batch = new EventBatch { From = 7, Next = 8, Count = count, Schema = numbers.Schema, Payload = payload };
        Assert.IsType<CorruptDataException>(
            Assert.Throws<SourceFailedException>(() => source.Process(in batch)).InnerException);
        EventBatch gap = batch with { From = 8, Next = 9 };
        Assert.Throws<InvalidOperationException>(() => source.Process(in gap));
    }

    private static void Fails(Action act, string name, long time)
    {
        var fault = Assert.Throws<OperatorFailedException>(act);
        Assert.Equal((name, "a", T(time)), (fault.OperatorName, fault.Key, fault.Time));
        Assert.Contains($"'{name}' failed for the key 'a'", fault.Message, StringComparison.Ordinal);
        Assert.NotNull(fault.InnerException);
    }

    private static JobHarness Job(Action<JobBuilder> define) => new(new TestJob(define));

    private sealed class Breaks : WindowProcess<string, Reading, string>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window) =>
            throw new InvalidOperationException("no");
    }

    private sealed class Joined : WindowProcess<string, string, string>
    {
        public override void Process(IReadOnlyList<string> events, IWindowContext<string, string> window) =>
            window.Emit(string.Join(',', events));
    }

    private sealed class BreaksLater : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key) =>
            key.Timers.Register(key.Time + Ms(10));

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            throw new InvalidOperationException("no");
    }

    private sealed class Echo(bool byClock = false) : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            if (byClock)
                key.Timers.SetProcessingTime("later", T(50));
            else
                key.Emit(key.Key);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) => key.Emit(key.Key);
    }

    private sealed class Refuses : KeyedProcess<string, string, string>
    {
        public override void OnEvent(string value, IKeyContext<string, string> key) =>
            throw new InvalidOperationException("no");
    }
}
