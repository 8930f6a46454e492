namespace Weir.Engine.Tests.Testing;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

public sealed class ReplayProgramsTests
{
    private static readonly Visit[] Visits = [.. Enumerable.Range(0, 300).Select(i => new Visit(
        $"page{i * 7 % 11}", $"user{i % 5}", new EventTime(i * 100)))];

    [Theory]
    [InlineData("per-page", "page3")]
    [InlineData("per-user", "user2")]
    [InlineData("users-per-count", "12")]
    public void AKey_EndsAsInTheHarness(string operatorName, string key)
    {
        var harness = new JobHarness(new Visitors(), new HarnessOptions { Partitions = 2 });
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new Visitors(), codecs);
        var plan = new JobPlan(graph, codecs, graph.Inputs.Concat(graph.Outputs)
            .DistinctBy(topic => topic.Name).ToDictionary(topic => topic.Name, _ => 2));
        int index = plan.OperatorNames.ToList().IndexOf(operatorName);
        var bytes = new ByteWriter();
        codecs.For<string>().Write(bytes, key);
        var replay = new ReplayPrograms(plan, index, bytes.ToArray());

        // A co-partitioned group depends on one partition, a group behind a shuffle on all.
        Assert.Equal(operatorName == "per-page" ? 1 : 2, replay.Sources.Count);
        Assert.Equal(operatorName == "users-per-count" ? 65 : 1, replay.Groups.Count);
        Func<Visit, int> partitionOf = Visitors.Input.Partitioner(2, codecs)!;
        var steps = new List<ReplayedStep>();
        foreach (Visit visit in Visits)
        {
            harness.Send(Visitors.Input, visit);
            foreach (SourceProgram source in replay.Sources.Where(each => each.Partition == partitionOf(visit)))
                steps.AddRange(replay.Process(source, BatchOf(visit, source.Next, codecs)));
        }

        KeyInspection? expected = harness.Inspect(operatorName, key);
        KeyInspection? found = replay.Target.Inspect(bytes.ToArray());
        Assert.Equal(expected?.Windows, found?.Windows);
        Assert.Equal(expected?.Timers, found?.Timers);
        Assert.Equal(expected?.Watermark, found?.Watermark);
        if (operatorName == "per-page")
            Assert.Equal(Visits.Count(visit => visit.Page == key), steps.Count(step => step.IsOfKey));
    }

    private static EventBatch BatchOf(Visit visit, long from, CodecRegistry codecs)
    {
        var payload = new ByteWriter();
        int start = payload.BeginFrame();
        codecs.For<Visit>().Write(payload, visit);
        payload.EndFrame(start);
        return new EventBatch
        {
            From = from,
            Next = from + 1,
            Count = 1,
            Stamp = new EventTime(0),
            Schema = Visitors.Input.Schema,
            Payload = payload.ToArray(),
        };
    }

    private sealed record Visit(string Page, string User, EventTime At);

    private sealed class Visitors : StreamJob
    {
        public static readonly KeyedTopic<string, Visit> Input = Topic.Of<Visit>("visits").KeyedBy(each => each.Page);
        public static readonly Topic<Windowed<string, long>> PerPage = Topic.Of<Windowed<string, long>>("per-page");
        public static readonly Topic<Windowed<string, long>> Users = Topic.Of<Windowed<string, long>>("users");

        public override void Define(JobBuilder job)
        {
            DataStream<Visit> visits = job.From(Input)
                .WithEventTime(visit => visit.At, Watermarks.Bounded(TimeSpan.Zero));
            visits.KeyBy(Input.Key)
                .Window(Windows.Tumbling(TimeSpan.FromSeconds(10)))
                .Aggregate("per-page", new Count<Visit>())
                .To(PerPage);
            visits.KeyBy(visit => visit.User)
                .Window(Windows.Tumbling(TimeSpan.FromSeconds(6)))
                .Aggregate("per-user", new Count<Visit>())
                .KeyBy(count => $"{count.Value}")
                .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
                .Aggregate("users-per-count", new Count<Windowed<string, long>>())
                .To(Users);
        }
    }
}
