namespace Weir.Engine.Tests.Graph;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class JobGraphTests
{
    [Fact]
    public void Fingerprint_IsEqualForEqualGraphs_AndNotForOthers()
    {
        Action<JobBuilder>[] jobs =
        [
            job => Sums(From(job), Windows.Tumbling(Ms(10))),
            job => Sums(From(job), Windows.Tumbling(Ms(11))),
            job => Sums(From(job), Windows.Tumbling(Ms(10), Ms(1))),
            job => Sums(From(job), Windows.Tumbling(Ms(10)).AllowLateness(Ms(1))),
            job => Sums(From(job), Windows.Sliding(Ms(10), Ms(5))),
            job => Sums(From(job), Windows.Session(Ms(10))),
            job => Sums(From(job), Windows.Tumbling(Ms(10)), "other"),
            job => Sums(From(job).Where(_ => true), Windows.Tumbling(Ms(10))),
            job => Sums(From(job).Select(each => each), Windows.Tumbling(Ms(10))),
            job => Sums(From(job.KeyGroups(8)), Windows.Tumbling(Ms(10))),
            job => Sums(Timed(job, Watermarks.Monotonous()), Windows.Tumbling(Ms(10))),
            job => Sums(Timed(job, Watermarks.Monotonous(idleAfter: Ms(5))), Windows.Tumbling(Ms(10))),
            job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", new Average<Reading>(each => each.Value)).Select(each => each.Key).To(Tables.Texts),
        ];
        string[] prints = [.. jobs.Select(Fingerprint)];
        Assert.Equal(prints, jobs.Select(Fingerprint));
        Assert.Equal(prints.Length, prints.Distinct().Count());
        Assert.All(prints, print => Assert.Equal(16, print.Length));
    }

    [Fact]
    public void Channels_AreOnePerSource_WithoutAShuffle_ElseOnePerInstance()
    {
        JobPlan plan = Plan(
            job =>
            {
                Sums(From(job), Windows.Tumbling(Ms(10)));
                From(job, "second").Union(From(job, "third"))
                    .KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10))).Aggregate("shuffled", new Count<Reading>())
                    .KeyBy(each => each.Value).Window(Windows.Tumbling(Ms(10)))
                    .Aggregate("chained", new Count<Windowed<string, long>>());
            },
            partitions: 3);
        Assert.Equal(["sums", "shuffled", "chained"], plan.OperatorNames);
        Assert.Equal([1, 6, 64], Enumerable.Range(0, 3).Select(index => plan.ChannelCount(index, 5)));
        Assert.Equal((3, typeof(long)), (plan.SourceCount, plan.KeyTypeOf(2)));
    }

    [Fact]
    public void AnotherNumberOfGroups_MakesAShuffle()
    {
        JobPlan plan = Plan(job => Sums(From(job.KeyGroups(8)), Windows.Tumbling(Ms(10))), partitions: 3);
        Assert.Equal((8, 3), (plan.GroupCount, plan.ChannelCount(0, 0)));
    }

    [Fact]
    public void GroupOfKey_IsWhereTheRouterSendsIt()
    {
        JobPlan plan = Plan(job => Sums(From(job), Windows.Tumbling(Ms(10))), partitions: 1);
        var writer = new ByteWriter();
        writer.WriteString("weir");
        uint hash = KeyHasher<string>.For(plan.Codecs.For<string>()).Hash("weir");
        Assert.Equal(KeyGroups.GroupOf(hash, 64), plan.GroupOfKey(0, writer.ToArray()));
        Assert.Equal(plan.GroupOfKey(0, writer.ToArray()), KeyGroups.Of("weir", plan.Codecs.For<string>(), 64));
        Assert.Throws<CorruptDataException>(() => plan.GroupOfKey(0, new byte[] { 0 }));
        Assert.Throws<CorruptDataException>(() => plan.CreateGroup(0, 0).Find(new byte[] { 0 }));
        Assert.Throws<CorruptDataException>(() => plan.CreateGroup(0, 0).Find(new byte[] { 1, 1 }));
    }

    [Fact]
    public void TheGroupOfAKey_CanBeReckonedWhereAllOfItDecides()
    {
        JobPlan plan = Plan(
            job =>
            {
                From(job.KeyGroups(7)).KeyBy(each => (each.Key, each.Value)).Window(Windows.Tumbling(Ms(10)))
                    .Aggregate("whole", new Count<Reading>());
                From(job, "second").KeyBy(Input.Key.Refine(each => (each.Key, each.Value), fine => fine.Key))
                    .Window(Windows.Tumbling(Ms(10))).Aggregate("part", new Count<Reading>());
            },
            partitions: 1);
        Assert.Equal((true, false), (plan.HashesWholeKeys(0), plan.HashesWholeKeys(1)));
        Codec<(string, long)> codec = plan.Codecs.For<(string, long)>();
        for (int i = 0; i < 100; i++)
        {
            var bytes = new ByteWriter();
            codec.Write(bytes, ($"key {i % 9}", i));
            Assert.Equal(plan.GroupOfKey(0, bytes.ToArray()), KeyGroups.Of(($"key {i % 9}", (long)i), codec, 7));
        }
    }

    [Fact]
    public void EveryTopic_NeedsAPartitionCount()
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(job => Sums(From(job), Windows.Tumbling(Ms(10)))), codecs);
        var fault = Assert.Throws<ArgumentException>(() =>
            new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1 }));
        Assert.Contains("'results'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_IsTheClassInKebabCase()
    {
        Assert.Equal("page-views", new Tests.Testing.PageViews().Name);
        Assert.Equal("my-xml-job2", new MyXMLJob2().Name);
    }

    private static DataStream<Reading> Timed(JobBuilder job, WatermarkStrategy watermarks) =>
        job.From(Input).WithEventTime(each => T(each.At), watermarks);

    private static DataStream<Reading> From(JobBuilder job, string topic) =>
        job.From(Topic.Of<Reading>(topic)).WithEventTime(each => T(each.At), Watermarks.Monotonous());

    private static DataStream<Reading> From(JobBuilder job) => Reading.From(job);

    private static void Sums(DataStream<Reading> stream, WindowSpec windows, string name = "sums") => stream
        .KeyBy(Input.Key).Window(windows)
        .Aggregate(name, new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results);

    private static string Fingerprint(Action<JobBuilder> define) =>
        JobGraph.Build(new TestJob(define), new CodecRegistry()).Fingerprint;

    private static JobPlan Plan(Action<JobBuilder> define, int partitions)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(define), codecs);
        return new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(each => each.Name, _ => partitions));
    }

    private sealed class MyXMLJob2 : StreamJob
    {
        public override void Define(JobBuilder job)
        {
        }
    }
}
