namespace Weir.Grains.Tests.Diagnostics;

using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;

/// <summary>What a silo measures of a job that really runs.</summary>
public sealed class JobMetricsTests : IDisposable
{
    private const string Job = "page-views";
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-metrics-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AJob_IsMeasuredFromItsSourceToItsOutput_AlsoAfterARestart()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        using var measured = new Measured(cluster.Services.GetRequiredService<IMeterFactory>());
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster, minutes: 10);
        Assert.Equal(30, measured["weir.operator.events.in operator=source clicks"]);
        Assert.Equal(30, measured["weir.operator.events.out operator=source clicks"]);
        Assert.Equal(30, measured["weir.operator.events.in operator=count-views"]);
        Assert.Equal(0, measured["weir.source.lag topic=clicks"]);
        Assert.Equal(3, measured["weir.operator.keys operator=count-views"]);
        Assert.Equal(64, measured["weir.operator.instances operator=count-views"]);
        Assert.InRange(measured["weir.checkpoints.age"] ?? -1, 0, JobCluster.Patience.TotalSeconds);

        // With a savepoint: what comes behind the last checkpoint would be taken, and counted, again.
        await cluster.Client.StopJobAsync(Job, new StopOptions { Savepoint = "here" });
        Assert.Null(measured["weir.operator.instances operator=count-views"]);
        Assert.Null(measured["weir.checkpoints.age"]);
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster, minutes: 5);
        Assert.Equal(45, measured["weir.operator.events.in operator=count-views"]);
    }

    // Three pages a minute, each in every minute; done when the group has applied all.
    private static async Task SendAsync(JobCluster cluster, int minutes)
    {
        long before = (await cluster.Client.DescribeJobAsync(Job)).Operators[0].Events;
        IEnumerable<Click> clicks = Enumerable.Range(0, minutes).SelectMany(minute => new[] { "a", "b", "c" }.Select(
            page => new Click(page, "u", EventTime.From(Start + TimeSpan.FromMinutes(minute)))));
        foreach (Click click in clicks)
            await cluster.Client.SendAsync(PageViews.Clicks, click);
        await cluster.Client
            .WaitForJobAsync(Job, status => status.Operators[0].Events == before + (minutes * 3))
            .WaitAsync(JobCluster.Patience);
    }
}
