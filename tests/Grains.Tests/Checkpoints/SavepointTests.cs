namespace Weir.Grains.Tests.Checkpoints;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;

/// <summary>Requests for savepoints that are repeated, and starts of a job that has become another one.</summary>
public sealed class SavepointTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-savepoints-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARequestThatIsRepeated_HasOneAnswer_AlsoAfterARestart(bool isRunning)
    {
        var request = Guid.NewGuid();
        CheckpointDescription first;
        await using (JobCluster cluster = await JobCluster.StartAsync(_directory))
        {
            await RunAsync(cluster);
            if (!isRunning)
                await cluster.Client.StopJobAsync("page-views");
            IJobGrain job = cluster.Orleans.GetGrain<IJobGrain>("j:page-views");

            // Two attempts of one request, of which the second comes while the first is under way.
            CheckpointDescription[] both = await Task.WhenAll(
                job.TakeSavepointAsync("before", request), job.TakeSavepointAsync("before", request));
            first = both[0];
            Assert.Equal(first.Number, both[1].Number);
            Assert.Equal("before", first.Savepoint);
            var other = await Assert.ThrowsAsync<WeirException>(() => job.TakeSavepointAsync("before", Guid.NewGuid()));
            Assert.Equal(WeirError.SavepointConflict, other.Error);
            Assert.Contains($"it is checkpoint {first.Number}, taken at ", other.Message, StringComparison.Ordinal);
            var nobody = await Assert.ThrowsAsync<WeirException>(() => job.TakeSavepointAsync("before", Guid.Empty));
            Assert.Equal(WeirError.SavepointConflict, nobody.Error);
        }

        await using (JobCluster cluster = await JobCluster.StartAsync(_directory))
        {
            IJobGrain job = cluster.Orleans.GetGrain<IJobGrain>("j:page-views");
            Assert.Equal(first.Number, (await job.TakeSavepointAsync("before", request)).Number);
            await cluster.Client.DeleteSavepointAsync("page-views", "before");
            Assert.DoesNotContain(
                await cluster.Client.ListCheckpointsAsync("page-views"), each => each.Savepoint == "before");
        }
    }

    [Fact]
    public async Task AStopThatIsRepeated_IsNoConflict()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await RunAsync(cluster);
        IJobGrain job = cluster.Orleans.GetGrain<IJobGrain>("j:page-views");
        var stop = new StopOptions { Savepoint = "end", Request = Guid.NewGuid() };
        JobStatus[] both = await Task.WhenAll(job.StopAsync(stop), job.StopAsync(stop));
        Assert.All(both, status => Assert.Equal(
            (JobState.Stopped, "end"), (status.State, status.Checkpoints.Last!.Savepoint)));
    }

    [Fact]
    public async Task AnotherVersionOfAFormula_IsNotStartedSilently()
    {
        await using (JobCluster cluster = await StartAsync<FirstRates>())
        {
            await cluster.Client.StartJobAsync("rates");
            await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
            await cluster.CaughtUpAsync("rates");
            await cluster.Client.StopJobAsync("rates", new StopOptions { Savepoint = "before-2" });
        }

        await using (JobCluster cluster = await StartAsync<SecondRates>())
        {
            // Asked twice: what was refused has left nothing that would let the next one pass.
            for (int attempt = 0; attempt < 2; attempt++)
            {
                var refused = await Assert.ThrowsAsync<WeirException>(() => cluster.Client.StartJobAsync("rates"));
                Assert.Equal(WeirError.IncompatibleState, refused.Error);
                Assert.StartsWith(
                    "The job 'rates' has changed since it ran: its version is '2' and was not set. It would go on from "
                    + "checkpoint ",
                    refused.Message,
                    StringComparison.Ordinal);
                Assert.Contains("Say for 'rates-out' whether", refused.Message, StringComparison.Ordinal);
                Assert.Contains("(--from)", refused.Message, StringComparison.Ordinal);
            }

            JobStatus started = await cluster.Client.StartJobAsync(
                "rates", new StartOptions { From = "before-2", Outputs = OutputChoice.Append });
            Assert.Equal((JobState.Running, 2L), (started.State, started.Lineage));
            await cluster.Client.StopJobAsync("rates");

            // From then on it is that version, and nothing has to be said.
            Assert.Equal(2, (await cluster.Client.StartJobAsync("rates")).Lineage);
        }
    }

    private static async Task RunAsync(JobCluster cluster)
    {
        await cluster.Client.StartJobAsync("page-views");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await cluster.CaughtUpAsync("page-views");
        await cluster.Client
            .WaitForJobAsync("page-views", status => status.Checkpoints.Last is not null)
            .WaitAsync(JobCluster.Patience);
    }

    private Task<JobCluster> StartAsync<TJob>() =>
        JobCluster.StartAsync(_directory, parts: new JobClusterParts { Jobs = [typeof(TJob)] });
}

/// <summary>Clicks with a rate, which is in a formula.</summary>
public class FirstRates : StreamJob
{
    public override string Name => "rates";

    protected virtual int Rate => 1;

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .Select(click => click.At.Milliseconds * Rate)
        .To(Topic.Of<long>("rates-out"));
}

/// <summary>The same graph with another formula, which says so.</summary>
public sealed class SecondRates : FirstRates
{
    public override string Version => "2";

    protected override int Rate => 2;
}
