namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Jobs;

/// <summary>What has failed for good is not begun again by a silo that looks after its jobs, also not before the failure is
/// written down.</summary>
public sealed class FailedJobTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-failed-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AJobIsNotRevived_WhileItsFailureIsBeingWritten()
    {
        var records = new HeldRecords();
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory,
            configure: options =>
            {
                options.RestartStrategy = RestartStrategy.Default;
                options.RevivalPeriod = TimeSpan.FromHours(1);
            },
            parts: new JobClusterParts
            {
                Jobs = [typeof(HeldClicks)],
                Records = records,
                Services = services => services.AddSingleton(records),
            });
        await cluster.Client.StartJobAsync("held-clicks");
        JobStatus running = await cluster.Client.WaitForJobAsync("held-clicks", JobState.Running)
            .WaitAsync(JobCluster.Patience);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(2)));

        // It has ended; its record does not say so yet.
        await records.Held.WaitAsync(JobCluster.Patience);
        JobStatus ending = await cluster.Client.WaitForJobAsync("held-clicks", status => status.Sources.Length == 0)
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(JobState.Running, ending.State);
        Task revived = cluster.Orleans.GetGrain<IJobGrain>("j:held-clicks").EnsureAsync();

        // Time enough to begin, if it did.
        for (int turn = 0; turn < 2000 && !revived.IsCompleted; turn++)
            await cluster.Client.DescribeJobAsync("held-clicks").WaitAsync(JobCluster.Patience);
        records.Release();
        await revived.WaitAsync(JobCluster.Patience);
        JobStatus failed = await cluster.Client.DescribeJobAsync("held-clicks").WaitAsync(JobCluster.Patience);
        Assert.Equal((JobState.Failed, running.Epoch), (failed.State, failed.Epoch));
    }

    public sealed class HeldClicks(HeldRecords records) : StreamJob
    {
        public override void Define(JobBuilder job) => job
            .From(PageViews.Clicks)
            .Select(click => click.User)
            .To(new RefusingSink { Refusing = records.Hold });
    }
}
