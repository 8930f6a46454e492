namespace Weir.Engine.Tests.Graph;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class GraphRulesTests
{
    private static readonly View<string, long> Shared = new("shared");

    [Fact]
    public void AllFaults_AreReportedAtOnce_EachNamingWhatItIsAbout()
    {
        var untimed = Topic.Of<Reading>("untimed");
        string[] faults = FaultsOf(
            job =>
            {
                job.KeyGroups(0);
                From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                    .Aggregate("twin", new Count<Reading>()).PublishAs(Shared);
                var untimedStream = job.From(untimed);
                untimedStream.KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
                    .Aggregate("twin", new Count<Reading>()).PublishAs(Shared);
                job.From(untimed).Select(each => new Action(() => { })).To(Topic.Of<Action>("actions"));
                untimedStream.To(untimed);
                untimedStream.KeyBy(each => new[] { each.Key }).Process("Bad Name", new Twice<string[]>());
                untimedStream.KeyBy(Input.Key).Window(Windows.Session(Ms(10))).Aggregate("folds", 0L, (sum, _) => sum);
                untimedStream.Select(each => each.At).To(Topic.Of<long>("out"));
                untimedStream.Select(each => each.Key).To(Topic.Of<string>("out"));
            },
            "Bad Job");
        string[] expected =
        [
            "The operator 'folds' folds sessions",
            "'Bad Job' can not name a job",
            "0 key groups are not possible",
            "The operator 'Bad Name' (process) needs another name",
            "The name 'twin' belongs to 2 operators",
            "The operator 'Bad Name' has 2 parts with the name of the state 'same'",
            "The view 'shared' is published by 'twin' and 'twin'",
            "The topic 'out' is used with the types Int64 and String",
            "The topic 'untimed' is both read and written",
            "The topic 'untimed' is read 2 times",
            "The topic 'actions': There is no codec for the type 'System.Action'",
            "The operator 'Bad Name' has keys of the type 'System.String[]'",
            "The operator 'twin' works in event time, but the topic 'untimed' has no WithEventTime",
            "The operator 'folds' works in event time, but the topic 'untimed' has no WithEventTime",
        ];
        Assert.Equal(expected.Length, faults.Length);
        Assert.All(expected.Zip(faults), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void WatermarksThatDoNotFit_AreFaults()
    {
        string[] faults = FaultsOf(job =>
        {
            job.From(Input).WithEventTime(
                each => T(each.At), Watermarks.Custom(new OfTexts()).AlignedWith("Group", TimeSpan.Zero))
                .To(Topic.Of<Reading>("out"));
        });
        Assert.Equal(
            [
                "The topic 'readings' holds events of the type 'Weir.Engine.Tests.Reading', and its watermark generator"
                    + " takes 'System.String': derive it from WatermarkGenerator<Reading>.",
                "The topic 'readings' is aligned with the group 'Group', which needs another name: use 1 to 200"
                    + " lower-case letters, digits, '.', '_' or '-'.",
                "The topic 'readings' is aligned with a drift of 00:00:00: MaxDrift must be 1 ms or more.",
            ],
            faults);
    }

    [Fact]
    public void FunctionsPerPartition_HaveNamesOfTheirOwn_AndComeBeforeKeys()
    {
        string[] faults = FaultsOf(job =>
        {
            DataStream<Reading> all = From(job).ProcessPartition("per partition", new Passes<Reading>());
            var sums = all.KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", new Count<Reading>());
            sums.ProcessPartition("sums", new Passes<Windowed<string, long>>()).To(Tables.Results);
        });
        string[] expected =
        [
            "The operator 'per partition' (process-partition) needs another name",
            "The name 'sums' belongs to 2 operators",
            "The operator 'per partition' has 2 parts with the name of the state 'same'",
            "The operator 'sums' has 2 parts with the name of the state 'same'",
            "The operator 'per partition': There is no codec for the type 'System.Action'",
            "The operator 'sums': There is no codec for the type 'System.Action'",
            "The function 'sums' has state per partition of a source, but takes the results of the operator 'sums'",
        ];
        Assert.Equal(expected.Length, faults.Length);
        Assert.All(expected.Zip(faults), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void AnEmptyJob_DoesNothing() => Assert.Equal(
        [
            "It reads no topic: begin with From(topic).",
            "It has no operator and writes no topic or sink: end a stream with To(topic) or To(sink).",
        ],
        FaultsOf(_ => { }));

    [Fact]
    public void ATopic_HasOneVersionAndOneKey()
    {
        Assert.StartsWith("The topic 'texts' is used with several versions", Assert.Single(FaultsOf(job =>
        {
            From(job).Select(each => each.Key).To(Topic.Of<string>("texts"));
            From2(job).Select(each => each.Key).To(Topic.Of<string>("texts", 2));
        })), StringComparison.Ordinal);
        Assert.StartsWith("The topic 'texts' is used with different keys", Assert.Single(FaultsOf(job =>
        {
            From(job).Select(each => each.Key).To(Topic.Of<string>("texts"));
            From2(job).Select(each => each.Key).To(Topic.Of<string>("texts").KeyedBy(text => text));
        })), StringComparison.Ordinal);
    }

    [Fact]
    public void OneOperator_HasOneView() => Assert.StartsWith(
        "The operator 'op' publishes the views 'shared' and 'second'",
        Assert.Single(FaultsOf(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("op", new Count<Reading>()).PublishAs(Shared).PublishAs(new View<string, long>("second")))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData(typeof(string), true)]
    [InlineData(typeof(long), true)]
    [InlineData(typeof(Guid), true)]
    [InlineData(typeof(decimal), true)]
    [InlineData(typeof((string, DateTime)), true)]
    [InlineData(typeof(Reading), true)]
    [InlineData(typeof(DayOfWeek), true)]
    [InlineData(typeof(Tests.Codecs.Padded), true)]
    [InlineData(typeof(byte[]), false)]
    [InlineData(typeof(List<int>), false)]
    [InlineData(typeof((string, int[])), false)]
    [InlineData(typeof(Tests.Codecs.Person), false)]
    [InlineData(typeof(GraphRulesTests), false)]
    [InlineData(typeof(Derived), false)]
    public void Keys_AreTypesThatCompareByValue(Type type, bool allowed) =>
        Assert.Equal(allowed, KeyTypes.CompareByValue(type));

    private static DataStream<Reading> From2(JobBuilder job) => job.From(Topic.Of<Reading>("more"));

    private static string[] FaultsOf(Action<JobBuilder> define, string name = "job") =>
        [.. Assert.Throws<JobDefinitionException>(() =>
            JobGraph.Build(new TestJob(define, name), new CodecRegistry())).Faults];

    private record Origin(int[] Numbers);

    private sealed record Derived(int[] Numbers, string Name) : Origin(Numbers);

    private sealed class Twice<TKey> : KeyedProcess<TKey, Reading, string>
        where TKey : notnull
    {
        public override IEnumerable<StateSlot> Slots => [State.Value<long>("same"), State.List<int>("same")];

        public override void OnEvent(Reading value, IKeyContext<TKey, string> key)
        {
        }
    }

    private sealed class OfTexts : WatermarkGenerator<string>
    {
        public override void OnEvent(string value, EventTime time, IWatermarkContext partition) => partition.Emit(time);
    }

    private sealed class Passes<T> : PartitionProcess<T, T>
    {
        private static readonly ValueSlot<Action> First = State.Value<Action>("same");
        private static readonly ValueSlot<long> Second = State.Value<long>("same");

        public override IEnumerable<StateSlot> Slots => [First, Second];

        public override void OnEvent(T value, IPartitionContext<T> partition) => partition.Emit(value);
    }
}
