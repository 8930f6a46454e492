namespace Weir.Engine.Tests.Streams;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class SinkTests
{
    private static readonly TestSink<string> Texts = new("texts");

    public static TheoryData<bool> Crashes => Runs.Crashes;

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ASink_GetsWhatATopicWouldGet(bool crash, int partitions)
    {
        var sums = new TestSink<Windowed<string, long>>("sums");
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", new Sum<Reading, long>(each => each.Value)).To(sums).To(Tables.Results)),
            Runs.Options(crash, partitions));
        run.Send(Input, new Reading("a", 1, 2), new Reading("b", 2, 3), new Reading("a", 3, 4), new Reading("a", 11, 5));
        Assert.Empty(run.Read(sums));
        run.AdvanceWatermark(T(9));
        Assert.Equal([("a", 6L), ("b", 3L)], run.ReadNew(sums).Select(each => (each.Key, each.Value)).Order());
        run.Seal();
        Assert.Equal([("a", 5L)], run.ReadNew(sums).Select(each => (each.Key, each.Value)));
        Assert.Equal(run.Read(Tables.Results), run.Read(sums));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void SeveralStreams_MayGoToOneSink(bool crash)
    {
        var job = new TestJob(job =>
        {
            DataStream<Reading> all = From(job);
            all.Select(each => $"1 {each.Key}").To(Texts);
            all.Where(each => each.Value > 1).Select(each => $"2 {each.Key}").To(Texts);
        });
        var run = new JobHarness(job, Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("b", 2, 2));
        Assert.Equal(["1 a", "1 b", "2 b"], run.Read(Texts).Order(StringComparer.Ordinal));
        Assert.Equal([Texts], JobGraph.Build(job, new CodecRegistry()).Sinks);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void EventsOfOneStage_KeepTheirOrder(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).Select(each => $"{each.At}").To(Texts)), Runs.Options(crash));
        for (int at = 0; at < 300; at += 3)
            run.Send(Input, new Reading("a", at), new Reading("b", at + 1), new Reading("c", at + 2));
        Assert.Equal(Enumerable.Range(0, 300).Select(at => $"{at}"), run.Read(Texts));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void WhatAFailedEventHadEmitted_IsTakenBack(bool crash)
    {
        var dead = Topic.Of<DeadLetter<Reading>>("dead");
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Process("emits", new EmitsThenFails())
                .OnError(Errors.DeadLetterTo(dead)).To(Texts)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("a", 2, -1), new Reading("a", 3), new Reading("a", 4, -1));
        Assert.Equal(["1 first", "1 second", "3 first", "3 second"], run.Read(Texts));
        Assert.Equal(2, run.Read(dead).Count);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void OfAFailingSourceEvent_NothingReachesTheSink(bool crash)
    {
        var dead = Topic.Of<SourceDeadLetter>("dead");
        var run = new JobHarness(
            new TestJob(job =>
            {
                SourceStream<Reading> all = job.From(Input).OnError(Errors.DeadLetterTo(dead));
                all.Select(each => each.Key).To(Texts);
                all.Select(each => $"{10 / each.Value}").To(Texts);
            }),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("b", 2, 0), new Reading("c", 3, 2));
        Assert.Equal(["10", "5", "a", "c"], run.Read(Texts).Order(StringComparer.Ordinal));
        Assert.Single(run.Read(dead));
    }

    [Fact]
    public void TwoSinksOfOneName_AndATypeWithoutCodec_AreFaults()
    {
        var faults = Assert.Throws<JobDefinitionException>(() => JobGraph.Build(
            new TestJob(job =>
            {
                From(job).Select(each => each.Key).To(Texts).To(new TestSink<string>("texts"));
                From(job).Select(each => new Action(() => { })).To(new TestSink<Action>("actions"));
            }),
            new CodecRegistry())).Faults;
        Assert.Equal(
            [
                "The topic 'readings' is read 2 times: read it once and use that stream in several places.",
                "The name 'texts' belongs to 2 sinks: a name says how much a sink has stored, so it must be unique.",
            ],
            faults.Take(2));
        Assert.StartsWith("The sink 'actions': There is no codec for", Assert.Single(faults.Skip(2)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("a b")]
    public void AName_HasTheLettersOfATopic(string name) =>
        Assert.Throws<ArgumentException>(() => new TestSink<string>(name));

    [Fact]
    public void TheSink_IsPartOfTheFingerprint_AndWithoutOneAJobKeepsItsOwn()
    {
        string plain = Fingerprint(_ => { });
        string[] prints =
        [
            plain,
            Fingerprint(texts => texts.To(Texts)),
            Fingerprint(texts => texts.To(new TestSink<string>("others"))),
            Fingerprint(texts => texts.Select(each => each.Length).To(new TestSink<int>("texts"))),
        ];
        Assert.Equal(prints.Length, prints.Distinct().Count());
        Assert.Equal(prints[1], Fingerprint(texts => texts.To(new TestSink<string>("texts"))));
    }

    [Fact]
    public void AJobThatWritesOnlyASink_IsWhole()
    {
        var graph = JobGraph.Build(new TestJob(job => From(job).Select(each => each.Key).To(Texts)), new CodecRegistry());
        Assert.Empty(graph.Outputs);
        Assert.Equal(("texts", "sink texts", typeof(string)), (Texts.Name, graph.Sinks[0].Target, Texts.EventType));
    }

    private static string Fingerprint(Action<DataStream<string>> end) => JobGraph.Build(
        new TestJob(job =>
        {
            DataStream<string> texts = From(job).Select(each => each.Key);
            texts.To(Tables.Texts);
            end(texts);
        }),
        new CodecRegistry()).Fingerprint;

    private sealed class TestSink<T>(string name) : Sink<T>(name);

    private sealed class EmitsThenFails : KeyedProcess<string, Reading, string>
    {
        public override IEnumerable<StateSlot> Slots => [];

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.Emit($"{value.At} first");
            key.Emit($"{value.At} second");
            if (value.Value < 0)
                throw new InvalidOperationException("no");
        }
    }
}
