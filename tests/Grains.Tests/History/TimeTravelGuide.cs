namespace Weir.Grains.Tests.History;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Grains.Replays;
using Weir.Grains.Tests.Jobs;
using static PastClicks;

/// <summary>The code of docs/guide/timetravel.md.</summary>
public sealed class TimeTravelGuide : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-guide-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task WhatTheGuideSays()
    {
        await using (JobCluster cluster = await JobCluster.StartAsync(_directory))
        {
            IWeirClient client = cluster.Client;
            await client.StartJobAsync(Job);
            await SavepointAsync(cluster, "monday", Clicks(0, 100));
            await ReadAsOfAsync(client);
            await ForkAsync(client);
            await VerifyAsync(client);
            await ReplayAsync(client);
        }

        await DebugAsync(_directory);
    }

    private static async Task ReadAsOfAsync(IWeirClient client)
    {
        #region asof
        IReadOnlyList<CheckpointDescription> kept = await client.ListCheckpointsAsync("page-views");
        long monday = kept.Single(each => each.Savepoint == "monday").Number;
        ViewAnswer<long>? then = await client.View("page-views", PageViews.Latest)
            .At(ReadAt.AsOf(monday))
            .FindAsync("/page3");
        #endregion
        Assert.Equal(monday, then!.Checkpoint);
    }

    private static async Task ForkAsync(IWeirClient client)
    {
        #region fork
        IJobHistory history = client.History("page-views");
        JobStatus fork = await history.ForkAsync(new ForkOptions { From = "monday", Name = "what-if" });

        // The fork is a job of its own: page-views.what-if, which writes views-per-minute.what-if.
        ViewAnswer<long>? now = await client.View(fork.Name, PageViews.Latest).FindAsync("/page3");
        await history.RemoveForkAsync("what-if");
        #endregion
        Assert.Equal("page-views.what-if", fork.Name);
        Assert.NotNull(now);
    }

    private static async Task VerifyAsync(IWeirClient client)
    {
        #region verify
        await foreach (VerifiedPart part in client.History("page-views").VerifyAsync(from: "monday"))
            Assert.False(part.IsWrong, $"{part.Name}: {part.Detail}");
        #endregion
    }

    private static async Task ReplayAsync(IWeirClient client)
    {
        #region replay
        var request = new ReplayRequest { Operator = "count-views", Key = "/page3", From = "monday" };
        await foreach (ReplayStep step in client.History("page-views").ReplayAsync(request))
            Console.WriteLine($"{step.Offset} {step.Value} -> {step.Key?.Windows.Length} windows");
        #endregion
    }

    private static async Task DebugAsync(string directory)
    {
        #region debug
        var request = new ReplayRequest { Operator = "count-views", Key = "/page3", From = "monday" };
        await foreach (ReplayStep step in JobReplay.RunAsync(new PageViews(), directory, request))
            Assert.Null(step.Failure);
        #endregion
    }
}
