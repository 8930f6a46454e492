namespace Weir.Engine.Tests.Windows;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class WindowOrderTests
{
    private static readonly Gen<Reading> Readings = Gen.Select(
        Gen.OneOf("a", "b", "c", "d"), Gen.Long[0, 200], Gen.Long[1, 9], (key, at, value) => new Reading(key, at, value));

    [Fact]
    public void AnyOrderWithinTheBound_GivesTheSameWindows() => Gen
        .Select(Readings.Array[1, 30], Gen.Int[0, 30].Array[30], Gen.Int[1, 6], Gen.Bool)
        .Sample(
            (readings, jitter, batch, crash) =>
            {
                Reading[] ordered = [.. readings.OrderBy(each => each.At)];
                Reading[] disordered = [.. ordered.Select((each, i) => (each, At: each.At + jitter[i]))
                    .OrderBy(pair => pair.At)
                    .Select(pair => pair.each)];
                Assert.Equal(WindowsOf(ordered, 1, crash: false, 1), WindowsOf(disordered, batch, crash, 4));
            },
            iter: 40);

    // Within a bound of 30 ms nothing is late, so panes are the same whatever the batches and partitions are.
    private static Windowed<string, long>[] WindowsOf(Reading[] readings, int batch, bool crash, int partitions)
    {
        var job = new TestJob(job => job.From(Input)
            .WithEventTime(each => T(each.At), Watermarks.Bounded(Ms(30)))
            .KeyBy(Input.Key).Window(Windows.Tumbling(Ms(20)))
            .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
            .To(Tables.Results));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        foreach (Reading[] part in readings.Chunk(batch))
            run.Send(Input, part);
        run.Seal();
        Assert.Equal(0, run.LateEvents("sums"));
        return
        [
            .. run.Read(Tables.Results)
                .OrderBy(each => each.Key, StringComparer.Ordinal)
                .ThenBy(each => each.Window.Start),
        ];
    }
}
