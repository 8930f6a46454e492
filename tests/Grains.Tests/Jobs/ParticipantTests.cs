namespace Weir.Grains.Tests.Jobs;

using Orleans.Core.Internal;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Time;
using Weir.Protocol.Jobs;

/// <summary>Sources and groups at the seams between epochs.</summary>
public sealed class ParticipantTests : IDisposable
{
    private const string Job = "page-views";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-participants-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AnEpochThatBegins_WhileTheOneBeforeIsClosed_GoesOn()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        JobStatus status = await cluster.Client.StartJobAsync(Job);
        await cluster.Client.StopJobAsync(Job);
        ISourceGrain source = cluster.Orleans.GetGrain<ISourceGrain>($"{Job}/0/0");
        IKeyGroupGrain group = cluster.Orleans.GetGrain<IKeyGroupGrain>($"{Job}/0/0");
        for (long epoch = 10; epoch < 40; epoch++)
        {
            EpochPlan plan = PlanOf(status, epoch);
            await Task.WhenAll(
                CloseSource(epoch - 1),
                OpenAsync(() => source.OpenAsync(plan, 0, default, default)),
                CloseGroup(epoch - 1),
                OpenAsync(() => group.OpenAsync(plan, default)));

            // Whoever went away with the epoch does not answer for it.
            await source.CommitAsync(epoch, 1);
            await group.CommitAsync(epoch, 1);
            await source.CommitAsync(epoch, 2);
            Assert.Equal(epoch, (await group.DescribeAsync())!.Epoch);
        }

        Task CloseSource(long epoch) => source.CloseAsync(epoch);
        Task CloseGroup(long epoch) => group.CloseAsync(epoch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AParticipantThatIsDeactivated_EndsTheEpoch_AndTheNextOneGoesOn(bool isSource)
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory, configure: options =>
            options.RestartStrategy = new RestartStrategy.FixedDelay(3, TimeSpan.FromMilliseconds(20)));
        await cluster.Client.StartJobAsync(Job);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await cluster.CaughtUpAsync(Job);
        IGrainManagementExtension participant = isSource
            ? cluster.Orleans.GetGrain<ISourceGrain>($"{Job}/0/0").AsReference<IGrainManagementExtension>()
            : cluster.Orleans.GetGrain<IKeyGroupGrain>($"{Job}/0/0").AsReference<IGrainManagementExtension>();
        await participant.DeactivateOnIdle();

        // It is told at once: without a word of it only a barrier or an event would show it.
        JobStatus again = await cluster.Client
            .WaitForJobAsync(Job, status => status is { State: JobState.Running, Restarts: 1 })
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(2, again.Epoch);
        await cluster.Client.SealAsync(PageViews.Clicks);
        await cluster.FinishedAsync(Job);
        Assert.Single(await cluster.ReadAllAsync(PageViews.PerMinute));
    }

    private static EpochPlan PlanOf(JobStatus status, long epoch) => new(
        epoch,
        status.Fingerprint,
        new Dictionary<string, int> { ["clicks"] = 4, ["views-per-minute"] = 4, ["too-late"] = 4 },
        1);

    // As the job does: an activation that goes away is asked again until the next one answers.
    private static async Task OpenAsync(Func<Task<Guid>> open)
    {
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        while (true)
        {
            try
            {
                await open();
                return;
            }
            catch (WeirException fault) when (fault.Error == WeirError.Unavailable)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }
}
