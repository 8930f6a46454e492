namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Grains.Streams;
using Weir.Grains.Tests.Streams;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;

/// <summary>Jobs go on although what they rely on has failed without a word.</summary>
public sealed class LivenessTests : IDisposable
{
    private const string Job = "page-views";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-live-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ASubscriptionThatIsLost_IsMadeAgain()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory, configure: options => options.DeliveryPatience = TimeSpan.FromMilliseconds(200));
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster, 0);
        JobStatus before = await cluster.CaughtUpAsync(Job);
        IStreamSubscriptionManager subscriptions = cluster.Services
            .GetRequiredService<IStreamSubscriptionManagerAdmin>()
            .GetStreamSubscriptionManager(StreamSubscriptionManagerType.ExplicitSubscribeOnly);
        int removed = 0;
        foreach (SourceStatus source in before.Sources)
        {
            StreamId stream = WeirStreams.IdOf(source.Topic, source.Partition);
            foreach (StreamSubscription each in await subscriptions.GetSubscriptions(WeirStreams.ProviderName, stream))
            {
                await subscriptions.RemoveSubscription(WeirStreams.ProviderName, stream, each.SubscriptionId);
                removed++;
            }
        }

        await SendAsync(cluster, 1);

        JobStatus after = await cluster.Client
            .WaitForJobAsync(Job, status => status.Operators.Any(each => each.Events == 200))
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(before.Sources.Length, removed);
        Assert.Equal(before.Epoch, after.Epoch);
    }

    [Fact]
    public async Task ALogThatDoesNotAnswer_IsWaitedFor_InTheSameEpoch()
    {
        AwayLog? log = null;
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory,
            configure: options => options.DeliveryPatience = TimeSpan.FromMilliseconds(200),
            parts: new JobClusterParts
            {
                Services = services => services.AddSingleton<IEventLog>(log = new AwayLog(
                    (IEventLog)services.Last(each => each.ServiceType == typeof(IEventLog)).ImplementationInstance!)),
                Streams = options => options.MaxRetryDelay = TimeSpan.FromMilliseconds(100),
            });
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster, 0);
        JobStatus before = await cluster.CaughtUpAsync(Job);
        log!.IsAway = true;
        await SendAsync(cluster, 1);

        await cluster.Client
            .WaitForJobAsync(Job, status => status.Sources.All(source => source.Problem == AwayLog.Sentence))
            .WaitAsync(JobCluster.Patience);
        log.IsAway = false;
        JobStatus after = await cluster.Client
            .WaitForJobAsync(Job, status => status.Operators.Any(each => each.Events == 200))
            .WaitAsync(JobCluster.Patience);
        Assert.Equal((before.Epoch, JobState.Running, 0), (after.Epoch, after.State, after.Restarts));
        Assert.All(after.Sources, source => Assert.Null(source.Problem));
    }

    [Fact]
    public async Task WhatCanNotBeClosed_DoesNotKeepTheJobFromStartingAgain()
    {
        var closing = new ClosingFails();
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory,
            configure: options => options.RestartStrategy =
                new RestartStrategy.FixedDelay(1000, TimeSpan.FromMilliseconds(50)),
            parts: new JobClusterParts { Silo = silo => silo.AddOutgoingGrainCallFilter(closing) });
        await cluster.Client.StartJobAsync(Job);
        await SendAsync(cluster, 0);
        JobStatus before = await cluster.CaughtUpAsync(Job);
        closing.IsArmed = true;

        // A second activation of a group ends the epoch.
        await cluster.Orleans.GetGrain<IJobGrain>($"j:{Job}")
            .ClaimAsync(before.Epoch, Participants.OfGroup("count-views", 0), Guid.NewGuid());

        JobStatus after = await cluster.Client
            .WaitForJobAsync(Job, status => status.State == JobState.Running && status.Epoch > before.Epoch)
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(before.Epoch + 1, after.Epoch);
        Assert.NotEqual(0, closing.Failures);
    }

    private static Task<IReadOnlyList<SendReceipt>> SendAsync(JobCluster cluster, int part) => cluster.Client.SendAsync(
        PageViews.Clicks,
        [.. Enumerable.Range(100 * part, 100).Select(i => new Click($"/page{i % 20}", "ada", new EventTime(i)))]);

    /// <summary>Takes what is appended, and at times gives nothing.</summary>
    private sealed class AwayLog(IEventLog log) : LogWrapper(log)
    {
        public const string Sentence = "The log is away.";

        public bool IsAway { get; set; }

        public override Task<LogFetch> ReadAsync(
            TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default) =>
            IsAway ? Task.FromException<LogFetch>(Away()) : base.ReadAsync(partition, from, limits, cancellation);

        public override Task<PartitionInfo> DescribeAsync(
            TopicPartition partition, CancellationToken cancellation = default) =>
            IsAway ? Task.FromException<PartitionInfo>(Away()) : base.DescribeAsync(partition, cancellation);

        private static EventLogException Away() => new(EventLogError.Unavailable, Sentence);
    }

    /// <summary>Calls to end a source are given up before they are placed, as under a directory that changes.</summary>
    private sealed class ClosingFails : IOutgoingGrainCallFilter
    {
        private int _failures;

        public bool IsArmed { get; set; }

        public int Failures => _failures;

        public Task Invoke(IOutgoingGrainCallContext context)
        {
            if (!IsArmed || context.InterfaceMethod.Name != "CloseAsync")
                return context.Invoke();
            Interlocked.Increment(ref _failures);
            throw new OperationCanceledException("The message expired before its target was placed.");
        }
    }
}
