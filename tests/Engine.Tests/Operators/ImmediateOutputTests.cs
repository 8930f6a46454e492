namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>Output that is seen at once comes in batches that follow from those of the input alone.</summary>
public sealed class ImmediateOutputTests
{
    private static readonly Topic<Windowed<string, long>> Sums = Topic.Of<Windowed<string, long>>("sums");
    private static readonly Topic<long> Values = Topic.Of<long>("values");

    [Fact]
    public void Batches_DoNotDependOnWhenSomebodyFlushes_NorOnBarriers() => Gen
        .Select(Gen.Int[0, 30].Array[0, 4], Gen.Bool, Gen.Bool)
        .Array[1, 12]
        .Sample(
            batches =>
            {
                List<string> eager = Run([.. batches.Select(batch => (batch.Item1, true, false))]);
                Assert.Equal(eager, Run(batches));
            },
            iter: 200);

    [Fact]
    public void AnInputBatch_GivesOneOutputBatch_ThoughTimeStandsStill()
    {
        List<string> output = Run([([5, 6], false, false), ([5], false, false), ([], true, false), ([7], true, false)]);
        Assert.Equal(
            ["values 2", "values 1", "values 1"],
            output.Where(batch => batch.StartsWith("values", StringComparison.Ordinal)));
    }

    [Fact]
    public void WhereArrivalDecides_OutputCanNotBeSeenAtOnce()
    {
        Assert.Empty(Faults(job => From(job).Where(each => each.Value > 0).Select(each => each.Value)
            .To(Values, Delivery.Immediate)));
        Refused("'op', whose input is shuffled", job => From(job).KeyBy(each => each.Key)
            .Process("op", new TellsValues()).To(Values, Delivery.Immediate));
        Refused("'next', whose input is shuffled", job => From(job).KeyBy(Input.Key).Process("op", new TellsValues())
            .KeyBy(each => each).Process("next", new Echo()).To(Values, Delivery.Immediate));
        Refused("'op', whose input is shuffled", job => From(job.KeyGroups(8)).KeyBy(Input.Key)
            .Process("op", new TellsValues()).To(Values, Delivery.Immediate));
        Refused("waits for answers", job => From(job).EnrichAsync("ask", (each, _) => Task.FromResult(each.Value))
            .To(Values, Delivery.Immediate));
        Refused("one grain per key", job => From(job).KeyBy(Input.Key).Process("op", new TellsValues()).OneGrainPerKey()
            .To(Values, Delivery.Immediate));
        Refused("keeps keys in quarantine", job => From(job).KeyBy(Input.Key).Process("op", new TellsValues())
            .OnError(Errors.QuarantineKey).To(Values, Delivery.Immediate));
        Refused("written both at once and with checkpoints", job =>
        {
            DataStream<long> values = From(job).Select(each => each.Value);
            values.To(Values, Delivery.Immediate);
            values.To(Values);
        });
    }

    private static void Refused(string because, Action<JobBuilder> define) =>
        Assert.Contains(because, Assert.Single(Faults(define)), StringComparison.Ordinal);

    private static IReadOnlyList<string> Faults(Action<JobBuilder> define)
    {
        try
        {
            JobGraph.Build(new TestJob(define), new CodecRegistry());
            return [];
        }
        catch (JobDefinitionException refused)
        {
            return refused.Faults;
        }
    }

    /// <summary>Plays batches of times and values; after each it may flush, and may send a barrier.</summary>
    private static List<string> Run((int[] Times, bool Flushes, bool Barrier)[] batches)
    {
        JobPlan plan = NewPlan();
        var pipe = new Pipe(plan);
        long next = 0;
        foreach ((int[] times, bool flushes, bool barrier) in batches)
        {
            pipe.Source.Process(Batch(plan, times, ref next));
            if (barrier)
                pipe.Source.EmitBarrier(next + 1);
            if (flushes || barrier)
                pipe.Flush();
        }

        pipe.Flush();
        return [.. pipe.Output.OrderBy(each => each[..4], StringComparer.Ordinal)];
    }

    private static EventBatch Batch(JobPlan plan, int[] times, ref long next)
    {
        var payload = new ByteWriter();
        foreach (int time in times)
        {
            int start = payload.BeginFrame();
            plan.Codecs.For<Reading>().Write(payload, new Reading("key", time, time));
            payload.EndFrame(start);
        }

        long from = next;
        next += Math.Max(times.Length, 1);
        return new EventBatch
        {
            From = from,
            Next = next,
            Count = times.Length,
            Kind = times.Length > 0 ? BatchKind.Events : BatchKind.Tick,
            Stamp = T(1),
            Schema = times.Length > 0 ? Input.Schema : "",
            Payload = payload.WrittenMemory,
        };
    }

    private static JobPlan NewPlan()
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job =>
            {
                DataStream<Reading> stream = job.From(Input).WithEventTime(each => T(each.At), Watermarks.Monotonous());
                stream.KeyBy(Input.Key).Window(Windows.Tumbling(Ms(5)).AllowLateness(Ms(10)))
                    .Aggregate("sums", new Count<Reading>()).To(Sums, Delivery.Immediate);
                stream.KeyBy(Input.Key).Process("values", new TellsValues()).To(Values, Delivery.Immediate);
            }),
            codecs);
        return new JobPlan(graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => 1));
    }

    private sealed class Pipe : IStageOutput
    {
        private readonly GroupProgram[][] _groups;

        public Pipe(JobPlan plan)
        {
            Source = plan.CreateSource(0, 0);
            _groups = [.. Enumerable.Range(0, 2).Select(index =>
                Enumerable.Range(0, plan.GroupCount).Select(group => plan.CreateGroup(index, group)).ToArray())];
        }

        public SourceProgram Source { get; }

        public List<string> Output { get; } = [];

        public void Flush()
        {
            Source.Flush(this);
            foreach (GroupProgram group in _groups.SelectMany(each => each))
                group.Flush(this);
        }

        public void Post(Slice slice)
        {
            _groups[slice.Target.Operator][slice.Target.Group].Apply(slice);
            slice.Release();
        }

        public void Append(in OutputBatch batch)
        {
            Assert.True(batch.IsImmediate);
            Output.Add($"{batch.Target} {batch.Count}");
        }
    }

    private sealed class TellsValues : KeyedProcess<string, Reading, long>
    {
        public override void OnEvent(Reading value, IKeyContext<string, long> key) => key.Emit(value.Value);
    }

    private sealed class Echo : KeyedProcess<long, long, long>
    {
        public override void OnEvent(long value, IKeyContext<long, long> key) => key.Emit(value);
    }
}
