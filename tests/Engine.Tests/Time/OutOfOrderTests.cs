namespace Weir.Engine.Tests.Time;

using CsCheck;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// However events are out of order within the bound that the source was given, and however they are cut into batches:
/// none is late, and the windows are those of the events as a set.
/// </summary>
public sealed class OutOfOrderTests
{
    private const long Size = 20;
    private const long Slide = 8;
    // Times are even and the gap is odd, so that no two sessions touch: whether those become one depends on the order.
    private const long Gap = 5;
    private const int MostOutOfOrder = 40;

    // An event that is delayed by up to the bound comes after events that are later than it by up to the bound.
    private static readonly Gen<(Reading[] Arrivals, int Bound, int Batch)> Inputs = Gen
        .Select(
            Gen.Select(
                Gen.OneOf("a", "b", "c"),
                Gen.Long[-30, 100].Select(half => 2 * half),
                Gen.Long[1, 9],
                Gen.Double[0, 1]).Array[1, 60],
            Gen.Int[0, MostOutOfOrder],
            Gen.Int[1, 5])
        .Select((events, bound, batch) => (
            events
                .Select((each, i) => (Reading: new Reading(each.Item1, each.Item2, each.Item3), Delay: each.Item4, i))
                .OrderBy(each => each.Reading.At + Math.Floor(each.Delay * bound))
                .ThenBy(each => each.i * 7919 % events.Length)
                .Select(each => each.Reading)
                .ToArray(),
            bound,
            batch));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void AnyOrderWithinTheBound_GivesTheSameWindows(bool crash, int partitions) => Inputs.Sample(
        input =>
        {
            var run = new JobHarness(Job(input.Bound), Runs.Options(crash, partitions));
            foreach (Reading[] batch in input.Arrivals.Chunk(input.Batch))
                run.Send(Input, batch);
            run.Seal();
            Assert.Equal(Expected(input.Arrivals), run.Read(Tables.Texts).Order(StringComparer.Ordinal));
            Assert.All(["tumbling", "sliding", "session"], name => Assert.Equal(0, run.LateEvents(name)));
        },
        iter: crash ? 10 : 60);

    [Fact]
    public void BeyondTheBound_AnEventIsLate()
    {
        var run = new JobHarness(Job(bound: 5));
        run.Send(Input, new Reading("a", 24));
        run.Send(Input, new Reading("a", 19), new Reading("a", 25));
        Assert.Equal(0, run.LateEvents("tumbling"));
        run.Send(Input, new Reading("a", 19));
        Assert.Equal(1, run.LateEvents("tumbling"));
    }

    private static TestJob Job(int bound) => new(job =>
    {
        DataStream<Reading> all = job.From(Input)
            .WithEventTime(each => T(each.At), Watermarks.Bounded(Ms(bound)));
        all.KeyBy(Input.Key).Window(Windows.Tumbling(Ms(Size)))
            .Aggregate("tumbling", 0L, (sum, each) => sum + each.Value).Select(Line("tumbling")).To(Tables.Texts);
        all.KeyBy(each => each.Key).Window(Windows.Sliding(Ms(Size), Ms(Slide)))
            .Aggregate("sliding", 0L, (sum, each) => sum + each.Value).Select(Line("sliding")).To(Tables.Texts);
        all.KeyBy(each => each.Key).Window(Windows.Session(Ms(Gap)))
            .Aggregate("session", new Aggregates.Sum<Reading, long>(each => each.Value))
            .Select(Line("session")).To(Tables.Texts);
    });

    private static Func<Windowed<string, long>, string> Line(string kind) => each =>
        Line(kind, each.Key, (each.Window.Start.Milliseconds, each.Window.End.Milliseconds), each.Value);

    private static string Line(string kind, string key, (long Start, long End) window, long sum) =>
        $"{kind} {key} [{window.Start}, {window.End}) {sum}";

    private static IEnumerable<string> Expected(Reading[] all) =>
        Aligned("tumbling", all, Size).Concat(Aligned("sliding", all, Slide)).Concat(Sessions(all))
            .Order(StringComparer.Ordinal);

    // A window starts at each multiple of the step and takes what lies in it; empty ones are not there.
    private static IEnumerable<string> Aligned(string kind, Reading[] all, long step) =>
        from start in Enumerable.Range(-40, 120).Select(i => i * step)
        from key in all.Where(each => each.At >= start && each.At < start + Size).GroupBy(each => each.Key)
        select Line(kind, key.Key, (start, start + Size), key.Sum(each => each.Value));

    // A session goes on with an event that comes no later than the gap after the one before.
    private static IEnumerable<string> Sessions(Reading[] all)
    {
        foreach (var key in all.GroupBy(each => each.Key))
        {
            Reading[] ordered = [.. key.OrderBy(each => each.At)];
            int first = 0;
            for (int i = 1; i <= ordered.Length; i++)
            {
                if (i < ordered.Length && ordered[i].At - ordered[i - 1].At <= Gap)
                    continue;
                (long Start, long End) window = (ordered[first].At, ordered[i - 1].At + Gap);
                yield return Line("session", key.Key, window, ordered[first..i].Sum(each => each.Value));
                first = i;
            }
        }
    }
}
