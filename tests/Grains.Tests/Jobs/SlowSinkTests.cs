namespace Weir.Grains.Tests.Jobs;

using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Jobs;
using Weir.Protocol.Sinks;

/// <summary>
/// A sink that fences no older epoch, as Kafka, is given nothing by an epoch that has ended once the next one has looked
/// what is there.
/// </summary>
public sealed class SlowSinkTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-slow-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheNextEpoch_BeginsAfterWhatWasBeingPublished(bool isKeyed)
    {
        var calls = new SinkCalls();
        Type job = isKeyed ? typeof(SlowKeys) : typeof(SlowClicks);
        string name = isKeyed ? "slow-keys" : "slow-clicks";
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory,
            configure: options => options.RestartStrategy = new RestartStrategy.FixedDelay(3, TimeSpan.Zero),
            parts: new JobClusterParts { Jobs = [job], Services = services => services.AddSingleton(calls) });
        await cluster.Client.StartJobAsync(name);
        await cluster.Client.WaitForJobAsync(name, JobState.Running).WaitAsync(JobCluster.Patience);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(2)));
        await calls.Appending.Task.WaitAsync(JobCluster.Patience);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", SinkCalls.Poison, new EventTime(3)));
        await calls.OpenedAgain.Task.WaitAsync(JobCluster.Patience);
        Assert.Equal(["opened", "appended", "opened"], calls.Seen.Take(3));
    }

    /// <summary>What happens in order, and a function that fails once.</summary>
    public sealed class SinkCalls
    {
        public const string Poison = "poison";
        private static readonly TimeSpan AppendTime = TimeSpan.FromMilliseconds(500);
        private int _failures;

        public ConcurrentQueue<string> Seen { get; } = [];

        public TaskCompletionSource Appending { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource OpenedAgain { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Pass(string user) => user == Poison && Interlocked.Increment(ref _failures) == 1
            ? throw new InvalidOperationException("not today")
            : user;

        public void Open()
        {
            Seen.Enqueue("opened");
            if (Appending.Task.IsCompleted)
                OpenedAgain.TrySetResult();
        }

        // Ends when another lane is opened beside it, or after a while.
        public async ValueTask AppendAsync()
        {
            if (Appending.TrySetResult())
                await OpenedAgain.Task.WaitAsync(AppendTime).ContinueWith(static _ => { }, TaskScheduler.Default);
            Seen.Enqueue("appended");
        }
    }

    /// <summary>Its source writes to the sink.</summary>
    public sealed class SlowClicks(SinkCalls calls) : StreamJob
    {
        public override void Define(JobBuilder job) => job
            .From(PageViews.Clicks)
            .Select(click => calls.Pass(click.User))
            .To(new SlowSink(calls));
    }

    /// <summary>Its key groups write to the sink.</summary>
    public sealed class SlowKeys(SinkCalls calls) : StreamJob
    {
        public override void Define(JobBuilder job) => job
            .From(PageViews.Clicks)
            .KeyBy(PageViews.Clicks.Key)
            .Process("pass", new Passing(calls))
            .To(new SlowSink(calls));

        private sealed class Passing(SinkCalls calls) : Engine.Operators.KeyedProcess<string, Click, string>
        {
            public override void OnEvent(Click value, Engine.Operators.IKeyContext<string, string> key) =>
                key.Emit(calls.Pass(value.User));
        }
    }

    private sealed class SlowSink(SinkCalls calls) : Sink<string>("slow"), ISinkConnector
    {
        public ISinkLane OpenLane(SinkProducer producer, CodecRegistry codecs) => new Lane(calls);

        private sealed class Lane(SinkCalls calls) : ISinkLane
        {
            public ValueTask<long> OpenAsync(CancellationToken cancellation = default)
            {
                calls.Open();
                return ValueTask.FromResult(0L);
            }

            public ValueTask AppendAsync(
                long sequence, IReadOnlyList<SinkBatch> batches, CancellationToken cancellation = default) =>
                calls.AppendAsync();

            public ValueTask FinishAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
