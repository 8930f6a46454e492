namespace Weir.Engine.Tests.Errors;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

public sealed class SourceErrorTests
{
    private static readonly Topic<long> Numbers = Topic.Of<long>("numbers");

    public static TheoryData<bool> Crashes => Runs.Crashes;

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AStepThatFails_IsUndoneInEveryBranch(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job =>
            {
                DataStream<Reading> readings = Guarded(job);
                readings.Select(each => each.Value).To(Numbers);
                readings.KeyBy(Input.Key).Process("gathers", new Gathers(new Cause { IsThere = false }))
                    .SideTo(Gathers.Side, Letters.Sides).To(Tables.Texts);
                readings.Select(each => 10 / each.Value).To(Topic.Of<long>("quotients"));
            }),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, 5), new Reading("b", 2, 0), new Reading("a", 3, 2));
        run.Send(Input, new Reading("c", 4, 0));
        Assert.Equal([5L, 2], run.Read(Numbers));
        Assert.Equal(["a 5", "a 7"], run.Read(Tables.Texts));
        Assert.Equal(1, run.Keys("gathers"));
        Assert.Equal([(1L, 0), (3L, 0)], run.Read(Letters.Raw).Select(letter => (letter.Offset, letter.Partition)));
        SourceDeadLetter letter = run.Read(Letters.Raw)[0];
        Assert.StartsWith("DivideByZeroException: ", letter.Error, StringComparison.Ordinal);
        Assert.Equal(("Reading:1", "readings"), (letter.Schema, letter.Topic));
        Assert.Equal(new Reading("b", 2, 0), new CodecRegistry().For<Reading>().Read(new ByteReader(letter.Event)));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void EventsOfAnUnknownVersion_AreDeadLettersOneByOne(bool crash)
    {
        var run = new JobHarness(new TestJob(job => Guarded(job).Select(each => each.Value).To(Numbers)), Runs.Options(crash));
        run.Send(Topic.Of<Reading>("readings", version: 7), new Reading("a", 1), new Reading("b", 2));
        run.Send(Input, new Reading("c", 3, 3));
        Assert.Equal([3L], run.Read(Numbers));
        Assert.Equal([0L, 1], run.Read(Letters.Raw).Select(letter => letter.Offset));
        Assert.All(run.Read(Letters.Raw), letter => Assert.Equal("Reading:7", letter.Schema));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AnEventThatFails_DoesNotMoveTheWatermark(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => job.From(Input).OnError(Errors.DeadLetterTo(Letters.Raw))
                .WithEventTime(
                    each => each.At < 0 ? throw new InvalidOperationException("no time") : new EventTime(each.At),
                    Watermarks.Bounded(TimeSpan.Zero))
                .Where(each => each.Value == 1 || each.Value / 0 == 1)
                .KeyBy(Input.Key).Process("gathers", new Gathers(new Cause())).SideTo(Gathers.Side, Letters.Sides)
                .To(Tables.Texts)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1));
        run.Send(Input, new Reading("a", -1), new Reading("a", 50, 2));
        Assert.Equal(T(0), run.Inspect("gathers", "a")!.Watermark);
        Assert.Equal(2, run.Read(Letters.Raw).Count);
    }

    [Fact]
    public void AMisplacedEvent_IsADeadLetter()
    {
        var run = new JobHarness(
            new TestJob(job => Guarded(job).KeyBy(Input.Key).Process("gathers", new Gathers(new Cause()))
                .SideTo(Gathers.Side, Letters.Sides).To(Tables.Texts)),
            Runs.Options(crash: true, partitions: 4));
        int partition = Input.PartitionOf(new Reading("a", 1), 4, new CodecRegistry())!.Value;
        run.SendTo(Input, (partition + 1) % 4, new Reading("a", 2));
        run.SendTo(Input, partition, new Reading("a", 1));
        Assert.Equal("a 1", Assert.Single(run.Read(Tables.Texts)));
        SourceDeadLetter letter = Assert.Single(run.Read(Letters.Raw));
        Assert.Contains($"belongs to partition {partition}", letter.Error, StringComparison.Ordinal);
        Assert.Equal((partition + 1) % 4, letter.Partition);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 2, 4, 9, 1, 6 }, 3, new[] { 1, 3 }, new[] { 1L })]
    [InlineData(new byte[] { 1, 2, 9, 4, 1 }, 3, new[] { 1 }, new[] { 1L })]
    [InlineData(new byte[] { 1, 2, 1, 4, 7, 7 }, 2, new[] { 1, 2 }, new[] { 1L })]
    public void BytesThatAreNoEvent_AreKeptAsTheyLie(byte[] payload, int count, int[] numbers, long[] offsets)
    {
        var codecs = new CodecRegistry();
        var topic = Topic.Of<int>("ints");
        var job = new TestJob(job => job.From(topic).OnError(Errors.DeadLetterTo(Letters.Raw)).To(Topic.Of<int>("out")));
        var plan = new JobPlan(
            JobGraph.Build(job, codecs), codecs, new Dictionary<string, int> { ["ints"] = 1, ["out"] = 1, ["raw"] = 1 });
        SourceProgram source = plan.CreateSource(0, 0);
        source.Process(new EventBatch { From = 0, Next = count, Count = count, Schema = topic.Schema, Payload = payload });
        var output = new Appended();
        source.Flush(output);
        Assert.Equal(numbers, output.Read<int>("out", codecs));
        Assert.Equal(offsets, output.Read<SourceDeadLetter>("raw", codecs).Select(letter => letter.Offset));
        Assert.Equal((long)offsets.Length, source.DeadLetters);
        Assert.Equal(count, source.Next);
    }

    private static DataStream<Reading> Guarded(JobBuilder job) => job.From(Input)
        .OnError(Errors.DeadLetterTo(Letters.Raw))
        .WithEventTime(each => new EventTime(each.At), Watermarks.Bounded(TimeSpan.FromDays(1)));

    private sealed class Appended : IStageOutput
    {
        private readonly List<OutputBatch> _batches = [];

        public void Post(Slice slice) => throw new InvalidOperationException("nothing has a key here");

        public void Append(in OutputBatch batch) => _batches.Add(batch);

        public IEnumerable<T> Read<T>(string topic, CodecRegistry codecs)
        {
            foreach (OutputBatch batch in _batches.Where(batch => batch.Target == topic))
            {
                var reader = new ByteReader(batch.Payload);
                for (int i = 0; i < batch.Count; i++)
                    yield return codecs.For<T>().Read(new ByteReader(reader.ReadBlob()));
            }
        }
    }
}
