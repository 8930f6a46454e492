namespace Weir.Grains.Tests.Jobs;

using Weir.Client;
using Weir.Engine.Time;
using Weir.Grains.Exchange;
using Weir.Grains.Tests.Exchange;

/// <summary>What the groups of a silo do while they get no thread. All groups of the process share the queue that is held
/// up here, so nothing else runs meanwhile.</summary>
[Collection(nameof(HeldQueueTests))]
[CollectionDefinition(nameof(HeldQueueTests), DisableParallelization = true)]
public sealed class HeldQueueTests : IDisposable
{
    private const string Job = "page-views";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-held-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task WhatWaitsForAThread_IsAppliedBeforeAnAnswer()
    {
        // Behind so many nothing gets its turn in the time that is given below, though one is passed every 100 ms.
        const int More = 1000;
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(1);
        await cluster.CaughtUpAsync(Job);
        using var scheduler = new HeldScheduler();
        scheduler.Hold();
        for (int i = 0; i < More; i++)
            PoolQueue.Shared.Run(static () => { }, scheduler);
        await SendAsync(2);
        IKeyedView<string, long> view = cluster.Outsider.View(Job, PageViews.Latest);
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        while ((await view.FindAsync("/1", patience.Token))!.Value != 2)
            await Task.Yield();

        Task SendAsync(long at) =>
            cluster.Client.SendAsync(PageViews.Clicks, [new Click("/1", "ada", new EventTime(at))]);
    }
}
