namespace Weir.Grains.Tests.History;

using Weir.Cli;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Grains.Tests.Jobs;
using static PastClicks;

public sealed class ForkTests : IDisposable
{
    private const string Fork = "page-views.what-if";
    private static readonly Topic<Windowed<string, long>> Forked =
        Topic.Of<Windowed<string, long>>("views-per-minute.what-if");

    private readonly string _directory = Directory.CreateTempSubdirectory("weir-fork-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AFork_GivesFromItsPointOnWhatTheFirstJobGives_InTopicsOfItsOwn()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        CheckpointDescription first = await SavepointAsync(cluster, "first", Clicks(0, 300));
        await SendAsync(cluster, Clicks(300, 100));
        await cluster.CaughtUpAsync(Job);
        (int code, string text) = await RunAsync(cluster.Client, "fork", Job, "--from", "first", "--as", "what-if");
        Assert.True(code == ExitCode.Done, text);
        Assert.Contains("views-per-minute.what-if", text, StringComparison.Ordinal);

        // It goes on where the savepoint stands: both hold the same, and count the same.
        await cluster.CaughtUpAsync(Fork);
        Assert.Equal(
            (await cluster.Client.View(Job, PageViews.Latest).FindAsync("/page3"))!.Value,
            (await cluster.Client.View(Fork, PageViews.Latest).FindAsync("/page3"))!.Value);
        Assert.Equal([Job, Fork], (await cluster.Client.ListJobsAsync())
            .Where(job => job.State == JobState.Running).Select(job => job.Name));
        await cluster.Client.DeleteSavepointAsync(Job, "first");
        await CheckpointedAsync(cluster, Job, first.Number + 6);
        await CheckpointedAsync(cluster, Fork, first.Number + 6);

        await SendAsync(cluster, Clicks(400, 200));
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync(Job);
        JobStatus fork = await cluster.FinishedAsync(Fork);
        Assert.Equal(600, fork.Operators.Single().Events);
        List<Windowed<string, long>> all = await cluster.ReadAllAsync(PageViews.PerMinute);
        List<Windowed<string, long>> own = await cluster.ReadAllAsync(Forked);

        // 300 clicks are 150 s from 60 s on: the windows that had fired then are not the fork's.
        Assert.Equal(
            Sorted(all.Where(each => each.Window.Start.Milliseconds >= 180_000)), Sorted(own));
        Assert.Equal(50, all.Count);
        Assert.Equal(ExitCode.Done, (await RunAsync(cluster.Client, "read", "views-per-minute.what-if")).Code);
        Assert.Equal(ExitCode.Done, (await RunAsync(cluster.Client, "verify", Fork)).Code);
    }

    [Fact]
    public async Task AFork_ComesBackAfterARestart_AndOutlivesTheCheckpointItBeganWith()
    {
        await using (JobCluster cluster = await JobCluster.StartAsync(_directory))
        {
            await cluster.Client.StartJobAsync(Job);
            await SavepointAsync(cluster, "first", Clicks(0, 100));
            await cluster.Client.History(Job).ForkAsync(new ForkOptions { From = "first", Name = "what-if" });
            await cluster.CaughtUpAsync(Fork);
            await cluster.Client.DeleteSavepointAsync(Job, "first");
        }

        await using JobCluster again = await JobCluster.StartAsync(_directory);
        await SendAsync(again, Clicks(100, 20));
        await again.Client.WaitForJobAsync(
                Fork, status => status is { State: JobState.Running, Epoch: 2 } && status.Operators[0].Events >= 20)
            .WaitAsync(JobCluster.Patience);
        await again.CaughtUpAsync(Job);
        await again.CaughtUpAsync(Fork);
        Assert.Equal(
            (await again.Client.View(Job, PageViews.Latest).FindAsync("/page3"))!.Value,
            (await again.Client.View(Fork, PageViews.Latest).FindAsync("/page3"))!.Value);
    }

    [Fact]
    public async Task ARemovedFork_LeavesNothing_AndItsNameIsFree()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        await SavepointAsync(cluster, "first", Clicks(0, 150));
        for (int i = 0; i < 2; i++)
        {
            await cluster.Client.History(Job).ForkAsync(new ForkOptions { From = "first", Name = "what-if" });
            await SendAsync(cluster, Clicks(150 + i * 150, 150));
            await cluster.CaughtUpAsync(Fork);
            await CoveredAsync(cluster, Fork);
            Assert.NotEmpty(await cluster.ReadAllAsync(Forked));
            Assert.Equal(ExitCode.Done, (await RunAsync(cluster.Client, "remove", Fork)).Code);
            Assert.Null(await cluster.Client.FindTopicAsync("views-per-minute.what-if"));
            Assert.Empty(Directory.GetFiles(
                Path.Combine(_directory, "checkpoints", "page-views_2ewhat-if"), "*", SearchOption.AllDirectories));
            Assert.DoesNotContain(await cluster.Client.ListJobsAsync(), job => job.Name == Fork);
            Assert.Equal(WeirError.UnknownJob, await ErrorOf(() => cluster.Client.DescribeJobAsync(Fork)));
        }

        Assert.Equal(JobState.Running, (await cluster.Client.DescribeJobAsync(Job)).State);
        Assert.Equal(ExitCode.Done, (await RunAsync(cluster.Client, "verify", Job)).Code);
    }

    [Fact]
    public async Task AForkOfAFork_AndWrongNames_AreRefused()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        await SavepointAsync(cluster, "first", Clicks(0, 20));
        var options = new ForkOptions { From = "first", Name = "what-if" };
        Assert.Equal(WeirError.UnknownJob, await ErrorOf(() => cluster.Client.StartJobAsync(Fork)));
        Assert.Equal(WeirError.UnknownJob, await ErrorOf(() => cluster.Client.History(Job).RemoveForkAsync("what-if")));
        Assert.Equal(
            WeirError.UnknownCheckpoint,
            await ErrorOf(() => cluster.Client.History(Job).ForkAsync(options with { From = "nothing" })));
        Assert.Equal(
            WeirError.InvalidRequest,
            await ErrorOf(() => cluster.Client.History(Job).ForkAsync(options with { Name = "What.If" })));
        await cluster.Client.History(Job).ForkAsync(options);
        Assert.Equal(WeirError.InvalidRequest, await ErrorOf(() => cluster.Client.History(Job).ForkAsync(options)));
        Assert.Equal(WeirError.InvalidRequest, await ErrorOf(() => cluster.Client.History(Fork).ForkAsync(options)));
    }

    [Fact]
    public async Task AStoppedFork_StartedFromElsewhere_StillWritesItsOwnTopics()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        await SavepointAsync(cluster, "first", Clicks(0, 100));
        await cluster.Client.History(Job).ForkAsync(new ForkOptions { From = "first", Name = "what-if" });
        await cluster.Client.StopJobAsync(Fork);
        JobStatus anew = await cluster.Client.StartJobAsync(
            Fork, new StartOptions { Anew = true, Outputs = OutputChoice.Append });
        Assert.Equal(["too-late.what-if", "views-per-minute.what-if"], anew.Outputs);
        await SendAsync(cluster, Clicks(100, 200));
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync(Job);
        await cluster.FinishedAsync(Fork);
        Assert.Equal(300, (await cluster.ReadAllAsync(PageViews.PerMinute)).Sum(each => each.Value));
        Assert.Equal(300, (await cluster.ReadAllAsync(Forked)).Sum(each => each.Value));
    }

    private static async Task<WeirError> ErrorOf(Func<Task> call) =>
        (await Assert.ThrowsAsync<WeirException>(call)).Error;
}
