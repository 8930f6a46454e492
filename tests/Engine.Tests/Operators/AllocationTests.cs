namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>Applying an event allocates nothing: what is allocated belongs to new keys, windows and slices.</summary>
public sealed class AllocationTests
{
    private const int PerSlice = 1000;
    private const int Slices = 100;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Aggregating_AllocatesNothingPerEvent(bool quarantines)
    {
        ErrorPolicy<Reading> policy = quarantines ? Errors.QuarantineKey : Errors.Fail;
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job => From(job.KeyGroups(1)).KeyBy(Input.Key)
                .Window(Windows.Sliding(Ms(2_000_000), Ms(1_000_000)))
                .Aggregate("sums", new Sum<Reading, long>(each => each.Value)).OnError(policy)),
            codecs);
        var plan = new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1 });
        GroupProgram group = plan.CreateGroup(0, 0);
        Slice<Reading>[] slices = [.. Enumerable.Range(0, Slices + 1).Select(number => Slice(plan, number))];

        group.Apply(slices[0]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Slice<Reading> slice in slices.AsSpan(1))
            group.Apply(slice);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((Slices + 1) * PerSlice, group.EventsIn);
        Assert.InRange(allocated / (double)(Slices * PerSlice), 0, 0.1);
    }

    private static Slice<Reading> Slice(JobPlan plan, int number)
    {
        var slice = (Slice<Reading>)plan.Graph.Edges[0].NewSlice(new SliceTarget(0, 0, 0, 0), plan.Codecs);
        for (int i = 0; i < PerSlice; i++)
            slice.Add(new Reading($"key-{i % 100}", number, i), T(number * PerSlice + i));
        slice.AddMark(T(number * PerSlice), new EventTime(number), idle: false);
        return slice;
    }
}
