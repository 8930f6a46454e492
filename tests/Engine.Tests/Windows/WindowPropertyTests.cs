namespace Weir.Engine.Tests.Windows;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>What holds between runs of one input.</summary>
public sealed class WindowPropertyTests
{
    private static readonly Gen<Reading> Events =
        from key in Gen.Int[0, 2]
        from at in Gen.Int[-30, 60]
        from value in Gen.Int[1, 9]
        select new Reading($"key{key}", at, value);

    private static readonly Gen<Row[]> Rows = Gen
        .OneOf(
            Events.Select(each => (Row)each),
            Events.Select(each => (Row)each),
            Gen.Int[-30, 80].Select(watermark => Row.Mark(watermark)))
        .Array[1, 25];

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ASlidingWindow_IsTheSumOfItsPanes(bool crash) => Gen
        .Select(Gen.Int[1, 7], Gen.Int[1, 5], Events.Array[1, 20])
        .Sample(
            (slide, panes, events) =>
            {
                Row[] table = [.. events.Select(each => (Row)each), Row.Mark(1000)];
                Result[] tumbling = Play(Windows.Tumbling(Ms(slide)), Triggers.EventTime, crash, table);
                Result[] sliding = Play(Windows.Sliding(Ms(slide * panes), Ms(slide)), Triggers.EventTime, crash, table);
                Assert.Equal(
                    sliding.Select(each => (each.Key, each.Start, each.End, each.Value)),
                    from window in sliding
                    select (window.Key, window.Start, window.Start + (slide * panes), tumbling
                        .Where(each => each.Key == window.Key && each.Start >= window.Start && each.End <= window.End)
                        .Sum(each => each.Value)));
                Assert.Equal(tumbling.Length * panes, sliding.Sum(window => tumbling.Count(
                    each => each.Key == window.Key && each.Start >= window.Start && each.End <= window.End)));
            },
            iter: crash ? 40 : 120);

    // Tumbling windows with the default trigger have a shorter way through the operator; sliding ones never do.
    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TumblingWindows_AreSlidingOnesAsLongAsTheirSlide(bool crash) => Gen
        .Select(Gen.Int[1, 12], Gen.Int[0, 9], Gen.Int[-7, 7], Rows)
        .Sample(
            (size, lateness, offset, rows) =>
            {
                Row[] table = [.. rows, Row.Mark(1000)];
                offset %= size;
                (Result[] expected, Reading[] expectedLate) = Play(
                    Windows.Sliding(Ms(size), Ms(size), Ms(offset)).AllowLateness(Ms(lateness)), crash, table);
                (Result[] results, Reading[] late) = Play(
                    Windows.Tumbling(Ms(size), Ms(offset)).AllowLateness(Ms(lateness)), crash, table);
                Assert.Equal(expected, results);
                Assert.Equal(expectedLate, late);
            },
            iter: crash ? 100 : 300);

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WhatAKeyGives_DoesNotDependOnOtherKeys(bool crash) => Gen
        .Select(Gen.Int[0, 3], Rows)
        .Sample(
            (kind, rows) =>
            {
                (WindowSpec windows, Trigger trigger) = kind switch
                {
                    0 => (Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), Triggers.EventTime),
                    1 => (Windows.Sliding(Ms(10), Ms(4)), Triggers.Purging(Triggers.ContinuousEventTime(Ms(3)))),
                    2 => (Windows.Session(Ms(6)).AllowLateness(Ms(5)), Triggers.EventTime),
                    _ => (Windows.Count(2), Triggers.Purging(Triggers.Count(2))),
                };
                Row[] alone = [.. rows.Select(row => row.Event is { Key: not "key1" } ? Row.Mark(long.MinValue) : row)];
                Assert.Equal(
                    Play(windows, trigger, crash, rows).Where(each => each.Key == "key1"),
                    Play(windows, trigger, crash, alone));
            },
            iter: crash ? 40 : 120);

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WhatPurgingWindowsGive_AddsUpToWhatOthersGaveLast(bool crash) => Gen
        .Select(Gen.Int[1, 4], Gen.Bool, Rows)
        .Sample(
            (interval, byCount, rows) =>
            {
                WindowSpec windows = Windows.Tumbling(Ms(10)).AllowLateness(Ms(5));
                Trigger trigger = byCount ? Triggers.Count(interval) : Triggers.ContinuousEventTime(Ms(interval));
                Row[] table = [.. rows, Row.Mark(1000)];
                Result[] whole = Play(windows, trigger, crash, table);
                Result[] parts = Play(windows, Triggers.Purging(trigger), crash, table);
                Assert.Equal(
                    whole.GroupBy(each => (each.Key, each.Start))
                        .Select(group => (group.Key, group.Last().Value))
                        .Order(),
                    parts.GroupBy(each => (each.Key, each.Start))
                        .Select(group => (group.Key, group.Sum(each => each.Value)))
                        .Order());
            },
            iter: crash ? 40 : 120);

    // The results and, behind them, which events were late.
    private static (Result[] Results, Reading[] Late) Play(WindowSpec windows, bool crash, Row[] table)
    {
        var harness = new JobHarness(
            new TestJob(job =>
            {
                job.KeyGroups(2);
                From(job).KeyBy(Input.Key)
                    .Window(windows)
                    .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
                    .LateTo(Tables.Late)
                    .To(Tables.Results);
            }),
            Runs.Options(crash));
        return (Tables.Windows(harness, table), [.. harness.Read(Tables.Late)]);
    }

    private static Result[] Play(WindowSpec windows, Trigger trigger, bool crash, Row[] table) => Tables.Windows(
        new JobHarness(
            new TestJob(job =>
            {
                job.KeyGroups(2);
                From(job).KeyBy(Input.Key)
                    .Window(windows)
                    .Trigger(trigger)
                    .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
                    .To(Tables.Results);
            }),
            Runs.Options(crash)),
        table);
}
