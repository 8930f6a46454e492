namespace Weir.Fuzz.Samples;

using Weir.Engine.Joins;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>Jobs of operators that take two inputs.</summary>
internal static class SampleJoins
{
    public static IEnumerable<SampleJob> All =>
    [
        new("connect", (clicks, job) => clicks.KeyBy(click => new Place(click.Page, 0))
            .Connect(SampleJobs.Second(job).KeyBy(click => new Place(click.Page, 0)))
            .Process("op", new Both())),
        new("interval-join", (clicks, job) => clicks.KeyBy(click => click.Page)
            .Join(SampleJobs.Second(job).KeyBy(click => click.Page))
            .Within(JoinInterval.Between(SampleJobs.Ms(-200), SampleJobs.Ms(300)))
            .Select("op", (left, right) => left.Value - right.At)),
        new("temporal-join", (clicks, job) => clicks.KeyBy(click => click.Page)
            .JoinAsOf(SampleJobs.Second(job).KeyBy(click => click.Page))
            .EndedBy(version => version.Value % 5 == 0)
            .SelectOrDefault("op", (left, right) => left.Value - right.At)),
        new("window-join", (clicks, job) => clicks.KeyBy(click => click.Page)
            .Join(SampleJobs.Second(job).KeyBy(click => click.Page))
            .Window(Windows.Tumbling(SampleJobs.Ms(300)))
            .Select("op", (left, right) => left.Value - right.At)),
        new("co-group", (clicks, job) => clicks.KeyBy(click => click.Page)
            .CoGroup(SampleJobs.Second(job).KeyBy(click => click.Page))
            .Window(Windows.Session(SampleJobs.Ms(120)))
            .Apply<long>("op", (both, window) => window.Emit(both.Left.Count - both.Right.Count))),
    ];
}
