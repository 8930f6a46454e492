namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Tests.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>Applying an event allocates nothing: what is allocated belongs to new keys, windows and slices.</summary>
public sealed class AllocationTests
{
    private const int PerSlice = 1000;
    private const int Slices = 100;
    private const int Warm = 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Aggregating_AllocatesNothingPerEvent(bool quarantines) => AllocatesNothing(From, readings => readings
        .Window(Windows.Sliding(Ms(2_000_000), Ms(1_000_000)))
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .OnError(PolicyOf(quarantines)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StateThatExpires_AllocatesNothingPerEvent(bool quarantines) => AllocatesNothing(
        job => job.From(Input),
        readings => readings.Process("state", new Remembers()).OnError(PolicyOf(quarantines)));

    private static ErrorPolicy<Reading> PolicyOf(bool quarantines) => quarantines ? Errors.QuarantineKey : Errors.Fail;

    private static void AllocatesNothing(
        Func<JobBuilder, DataStream<Reading>> from, Action<KeyedStream<string, Reading>> define)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(job => define(from(job.KeyGroups(1)).KeyBy(Input.Key))), codecs);
        var plan = new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1 });
        GroupProgram group = plan.CreateGroup(0, 0);
        Slice<Reading>[] slices = [.. Enumerable.Range(0, Slices + Warm).Select(number => Slice(plan, number))];

        foreach (Slice<Reading> slice in slices.AsSpan(0, Warm))
            group.Apply(slice);
        double perEvent = Allocations.PerEvent<Slice<Reading>>(
            slices.AsSpan(Warm), Slices * PerSlice, slice => group.Apply(slice));

        Assert.Equal((Slices + Warm) * PerSlice, group.EventsIn);
        Assert.InRange(perEvent, 0, 0.1);
    }

    private static Slice<Reading> Slice(JobPlan plan, int number)
    {
        var slice = (Slice<Reading>)plan.Graph.Edges[0].NewSlice(new SliceTarget(0, 0, 0, 0), plan.Codecs);
        for (int i = 0; i < PerSlice; i++)
            slice.Add(new Reading($"key-{i % 100}", number, i), T(number * PerSlice + i));
        slice.AddMark(T(number * PerSlice), new EventTime(number), idle: false);
        return slice;
    }

    /// <summary>Each key gets ten events per slice and so per millisecond, and what it keeps lives for five.</summary>
    private sealed class Remembers : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Last = State.Value<long>("last").ExpiresAfter(Ms(5));
        private static readonly ListSlot<long> All = State.List<long>("all").ExpiresAfter(Ms(5));
        private static readonly MapSlot<long, long> Recent = State.Map<long, long>("recent").ExpiresAfter(Ms(5));
        private static readonly ReducingSlot<long> Highest =
            State.Reducing<long>("highest", Math.Max).ExpiresAfter(Ms(5));
        private static readonly AggregatingSlot<long, double> Mean =
            State.Aggregating("mean", new Average<long>(each => each)).ExpiresAfter(Ms(5));

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Last).Value = value.Value;
            key.State(All).Add(value.Value);
            key.State(Recent)[value.At % 7] = value.Value;
            key.State(Highest).Add(value.Value);
            key.State(Mean).Add(key.State(Last).Value + key.State(All).Items[0] + key.State(Highest).Value);
        }
    }
}
