namespace Weir.Grains.Tests.History;

using Weir.Cli;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Grains.Replays;
using Weir.Grains.Tests.Jobs;
using static PastClicks;

public sealed class ReplayTests : IDisposable
{
    private static readonly ReplayRequest Page3 =
        new() { Operator = "count-views", Key = "/page3", From = "first" };

    private readonly string _directory = Directory.CreateTempSubdirectory("weir-replay-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AKey_GoesThroughTheStatesThatItHadInTheJob()
    {
        Click[] later = Clicks(100, 260);
        List<ReplayStep> onSilo;
        await using (JobCluster cluster = await JobCluster.StartAsync(_directory))
        {
            await cluster.Client.StartJobAsync(Job);
            await SavepointAsync(cluster, "first", Clicks(0, 100));
            await SendAsync(cluster, later);
            await cluster.CaughtUpAsync(Job);
            onSilo = await ReadAsync(cluster.Client.History(Job).ReplayAsync(Page3));

            // At the end it holds what the running job holds.
            var live = await cluster.Client.InspectAsync(Job, "count-views", "/page3");
            Assert.Equal(live!.Windows, onSilo[^1].Key!.Windows, (a, b) => (a.Window, a.Json) == (b.Window, b.Json));
            Assert.Equal(live.Timers, onSilo[^1].Key!.Timers);

            (int code, string text) = await RunAsync(
                cluster.Client, "replay", Job, "/page3", "--operator", "count-views", "--from", "first");
            Assert.Equal(ExitCode.Done, code);
            Assert.Contains("-> views-per-minute", text, StringComparison.Ordinal);
            await cluster.Client.StopJobAsync(Job);
        }

        // Every event of the key is a step, and counts one more in its window.
        Assert.Null(onSilo[0].Topic);
        ReplayStep[] events = [.. onSilo.Where(step => step.Offset is not null)];
        Assert.Equal(later.Count(click => click.Page == "/page3"), events.Length);
        Assert.All(events, step => Assert.Contains("\"page\":\"/page3\"", step.Value, StringComparison.Ordinal));
        Assert.All(onSilo.Zip(onSilo.Skip(1)).Where(pair => pair.Second.Offset is not null), pair => Assert.Equal(
            Total(pair.First) + 1, Total(pair.Second)));

        // A window that fires gives its result and is held no more.
        ReplayStep fired = onSilo.First(step => step.Output.Length > 0);
        Assert.Null(fired.Offset);
        Assert.Contains(fired.Output, each => each.Json.Contains("/page3", StringComparison.Ordinal));
        Assert.DoesNotContain(fired.Key!.Windows, window => window.Window.Start == new EventTime(60_000));

        // The same in this process, from the directory alone.
        List<ReplayStep> here = await ReadAsync(JobReplay.RunAsync(new PageViews(), _directory, Page3));
        Assert.Equal(onSilo.Select(Show), here.Select(Show));
    }

    [Fact]
    public async Task AnOperatorBehindAnother_IsReplayedWithAllThatItDependsOn()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("busiest-users");
        await SendAsync(cluster, Clicks(0, 100));
        await cluster.CaughtUpAsync("busiest-users");
        await cluster.Client.TakeSavepointAsync("busiest-users", "first").WaitAsync(JobCluster.Patience);
        await SendAsync(cluster, Clicks(100, 260));
        List<ReplayStep> steps = await ReadAsync(cluster.Client.History("busiest-users").ReplayAsync(
            new ReplayRequest { Operator = "pick-busiest", Key = "60000", From = "first" }));
        ReplayOutput winner = Assert.Single(steps.SelectMany(step => step.Output));
        Assert.Equal("busiest-users", winner.Target);
        Assert.Contains("\"user\":\"user0\"", winner.Json, StringComparison.Ordinal);
        Assert.Contains("\"clicks\":40", winner.Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStretch_EndsWhereItShall()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        await SavepointAsync(cluster, "first", Clicks(0, 100));
        await SendAsync(cluster, Clicks(100, 100));
        List<ReplayStep> all = await ReadAsync(cluster.Client.History(Job).ReplayAsync(Page3));
        ReplayStep[] events = [.. all.Where(step => step.Offset is not null)];
        long to = events[3].Offset!.Value;
        List<ReplayStep> some = await ReadAsync(cluster.Client.History(Job).ReplayAsync(Page3 with { To = to }));
        Assert.Equal(
            events.TakeWhile(step => step.Offset < to).Select(Show),
            some.Where(step => step.Offset is not null).Select(Show));
    }

    [Fact]
    public async Task AFailure_IsTheLastStep()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("fragile");
        await SendAsync(cluster, Clicks(0, 10));
        await cluster.CaughtUpAsync("fragile");
        await cluster.Client.TakeSavepointAsync("fragile", "first").WaitAsync(JobCluster.Patience);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("poison", "eve", new EventTime(1)));
        ReplayStep last = (await ReadAsync(cluster.Client.History("fragile").ReplayAsync(
            new ReplayRequest { Operator = "count-fragile", Key = "poison", From = "first" })))[^1];
        Assert.Contains("this page is poison", last.Failure, StringComparison.Ordinal);
        (int code, _) = await RunAsync(
            cluster.Client, "replay", "fragile", "poison", "--operator", "count-fragile", "--from", "first");
        Assert.Equal(ExitCode.Refused, code);
    }

    [Fact]
    public async Task WhatWouldCallTheOutsideAgain_IsRefused()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("patient-pages");
        await cluster.Client.TakeSavepointAsync("patient-pages", "first").WaitAsync(JobCluster.Patience);
        var refused = await Assert.ThrowsAsync<WeirException>(() => ReadAsync(
            cluster.Client.History("patient-pages").ReplayAsync(
                new ReplayRequest { Operator = "patient-count", Key = "/page3", From = "first" })));
        Assert.Equal(WeirError.InvalidRequest, refused.Error);
        Assert.Contains("one grain per key", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<List<ReplayStep>> ReadAsync(IAsyncEnumerable<ReplayStep> steps)
    {
        var all = new List<ReplayStep>();
        await foreach (ReplayStep step in steps)
            all.Add(step);
        return all;
    }

    private static long Total(ReplayStep step) => step.Key?.Windows.Sum(
        window => long.Parse(window.Json!, System.Globalization.CultureInfo.InvariantCulture)) ?? 0;

    private static string Show(ReplayStep step) => string.Join(
        ' ',
        step.Topic,
        step.Partition,
        step.Offset,
        step.Value,
        string.Join(',', step.Key?.Windows.Select(window => $"{window.Window}={window.Json}") ?? []),
        string.Join<ReplayOutput>(',', step.Output));
}
