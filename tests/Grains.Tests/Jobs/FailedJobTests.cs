namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Jobs;
using Weir.Protocol.Sinks;

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
        JobStatus ending = await cluster.Client.WaitForJobAsync("held-clicks", status => status.Sources.Length == 0)
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(JobState.Running, ending.State);
        Task revived = cluster.Orleans.GetGrain<IJobGrain>("j:held-clicks").EnsureAsync();

        // Time enough to begin, if it did.
        for (int turn = 0; turn < 200 && !revived.IsCompleted; turn++)
            await cluster.Client.DescribeJobAsync("held-clicks").WaitAsync(JobCluster.Patience);
        records.Release();
        await revived.WaitAsync(JobCluster.Patience);
        JobStatus failed = await cluster.Client.DescribeJobAsync("held-clicks").WaitAsync(JobCluster.Patience);
        Assert.Equal((JobState.Failed, running.Epoch), (failed.State, failed.Epoch));
    }

    /// <summary>Writes to a sink that takes nothing, and holds the records before it says so.</summary>
    public sealed class HeldClicks(HeldRecords records) : StreamJob
    {
        public override void Define(JobBuilder job) => job
            .From(PageViews.Clicks)
            .Select(click => click.User)
            .To(new HoldingSink(records));
    }

    private sealed class HoldingSink(HeldRecords records) : Sink<string>("holding"), ISinkConnector
    {
        public ISinkLane OpenLane(SinkProducer producer, CodecRegistry codecs) => new Lane(records);

        private sealed class Lane(HeldRecords records) : ISinkLane
        {
            public ValueTask<long> OpenAsync(CancellationToken cancellation = default) => ValueTask.FromResult(0L);

            public ValueTask AppendAsync(
                long sequence, IReadOnlyList<SinkBatch> batches, CancellationToken cancellation = default)
            {
                records.Hold();
                throw new SinkException(SinkError.Refused, "The table is not there: make it, and start the job again.");
            }

            public ValueTask FinishAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
