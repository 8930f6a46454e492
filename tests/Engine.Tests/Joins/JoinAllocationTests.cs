namespace Weir.Engine.Tests.Joins;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Tests.Testing;
using static Weir.Engine.Tests.Reading;

/// <summary>Joining an event allocates nothing once the buffers have their size: results and new keys do.</summary>
public sealed class JoinAllocationTests
{
    private const int PerSlice = 1000;
    private const int WarmUp = 10;
    private const int Slices = 50;

    private int _results;

    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public void AnIntervalJoin_AllocatesNothingPerEvent(bool quarantines)
    {
        AllocatesNothing(job => Two.Lefts(job).Join(Two.Rights(job)).Within(JoinInterval.Between(-Ms(150), Ms(150)))
            .Select("join", (_, _) => ++_results).OnError(Policy(quarantines)));
        Assert.InRange(_results, Slices * PerSlice / 2, Slices * PerSlice * 2);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void ATemporalJoin_AllocatesNothingPerEvent(bool quarantines)
    {
        AllocatesNothing(job => Two.Lefts(job).JoinAsOf(Two.Rights(job)).Select("join", (_, _) => ++_results)
            .OnError(Policy(quarantines)));
        Assert.InRange(_results, Slices * PerSlice / 2 - 100, Slices * PerSlice);
    }

    private static ErrorPolicy<Either<Reading, Reading>> Policy(bool quarantines) =>
        quarantines ? Errors.QuarantineKey : Errors.Fail;

    private static void AllocatesNothing(Action<JobBuilder> define)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(job => define(job.KeyGroups(1))), codecs);
        var plan = new JobPlan(graph, codecs, graph.Inputs.ToDictionary(topic => topic.Name, _ => 1));
        GroupProgram group = plan.CreateGroup(0, 0);
        Slice[] slices =
        [
            .. Enumerable.Range(0, WarmUp + Slices)
                .SelectMany(number => new[] { Events(plan, number), Mark(plan, number) }),
        ];

        foreach (Slice slice in slices.AsSpan(0, 2 * WarmUp))
            group.Apply(slice);
        double perEvent = Allocations.PerEvent<Slice>(
            slices.AsSpan(2 * WarmUp), Slices * PerSlice, slice => group.Apply(slice));

        Assert.InRange(group.Rows, 1, 100);
        Assert.Equal(0, group.LateEvents);
        Assert.InRange(perEvent, 0, 0.1);
    }

    // Both sides may come over one edge; the other one brings the time of its own.
    private static Slice<Either<Reading, Reading>> Events(JobPlan plan, int number)
    {
        Slice<Either<Reading, Reading>> slice = Empty(plan, 0);
        for (int i = 0; i < PerSlice; i++)
        {
            var reading = new Reading($"key-{i % 100}", number, i);
            slice.Add(
                i / 100 % 2 == 0
                    ? Either<Reading, Reading>.Left(reading)
                    : Either<Reading, Reading>.Right(reading),
                T(number * PerSlice + i + 1));
        }

        slice.AddMark(T((number + 1) * PerSlice), T(number), idle: false);
        return slice;
    }

    private static Slice<Either<Reading, Reading>> Mark(JobPlan plan, int number)
    {
        Slice<Either<Reading, Reading>> slice = Empty(plan, 1);
        slice.AddMark(T((number + 1) * PerSlice), T(number), idle: false);
        return slice;
    }

    private static Slice<Either<Reading, Reading>> Empty(JobPlan plan, int edge) =>
        (Slice<Either<Reading, Reading>>)plan.Graph.Edges[edge]
            .NewSlice(new SliceTarget(0, 0, edge, edge), plan.Codecs);
}
