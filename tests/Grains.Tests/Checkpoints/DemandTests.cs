namespace Weir.Grains.Tests.Checkpoints;

using Microsoft.Extensions.DependencyInjection;
using Weir.Client;
using Weir.Connectors.Files;
using Weir.Contracts.Jobs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Hosting;
using Weir.Grains.Tests.Jobs;
using Weir.Protocol.Checkpoints;

/// <summary>When checkpoints are taken: not while nothing changes, and at once where output has no room.</summary>
public sealed class DemandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-demand-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AnIdleJob_TakesNone_AndIsNotShownAsInTrouble()
    {
        await using JobCluster cluster = await StartAsync(options =>
            options.CheckpointInterval = TimeSpan.FromMilliseconds(10));
        await cluster.Client.StartJobAsync("echo");
        await cluster.Client.StartJobAsync("loud");
        await cluster.Client.SendAsync(Echo.Words, "one");
        await cluster.CaughtUpAsync("echo");
        CheckpointDescription last = (await CurrentAsync(cluster, "echo", after: 0)).Checkpoints.Last!;

        // Ten intervals and more, as the checkpoints of a job beside it show.
        for (long taken = 0; taken < 10; taken++)
        {
            await cluster.Client.SendAsync(Loud.Cries, "one more");
            long behind = (await cluster.Client.DescribeJobAsync("loud")).Checkpoints.Last?.Number ?? 0;
            await CurrentAsync(cluster, "loud", behind);
        }

        CheckpointStatus idle = (await cluster.Client.DescribeJobAsync("echo")).Checkpoints;
        Assert.Equal((last.Number, true, 0, null), (idle.Last!.Number, idle.IsCurrent, idle.Failed, idle.Problem));
        await cluster.Client.SendAsync(Echo.Words, "two");
        long covered = (await CurrentAsync(cluster, "echo", last.Number)).Checkpoints.Last!.Number;
        Assert.Equal(last.Number + 1, covered);
        Assert.Equal(["one", "two"], await cluster.ReadAllAsync(Echo.Echoes));

        // A savepoint is one whether anything has changed or not, and deleting it needs no change either.
        CheckpointDescription kept = await cluster.Client.TakeSavepointAsync("echo", "kept");
        Assert.Equal(covered + 1, kept.Number);
        await cluster.Client.DeleteSavepointAsync("echo", "kept");
        Assert.DoesNotContain(await cluster.Client.ListCheckpointsAsync("echo"), each => each.Savepoint is not null);
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("grouped-echo")]
    public async Task OutputThatHasNoRoom_HasCheckpointsTaken_HoweverLongTheInterval(string job)
    {
        await using JobCluster cluster = await StartAsync(options =>
        {
            options.CheckpointInterval = TimeSpan.FromMinutes(10);
            options.StagedEvents = 100;
            options.InboxEvents = 64;
        });
        await cluster.Client.StartJobAsync(job);

        // More than twice what may be read before a barrier holds the sources, see below.
        string[] words = await SendAsync(cluster, 200_000);
        await cluster.Client.SealAsync(Echo.Words);
        JobStatus finished = await cluster.FinishedAsync(job);
        Assert.True(finished.Checkpoints.Last!.Number >= 3, $"{finished.Checkpoints.Last.Number} checkpoints");
        Assert.Equal(words.Order(), (await cluster.ReadAllAsync(Echo.Echoes)).Order());
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("grouped-echo")]
    public async Task WhileCheckpointsFail_NothingIsReadBeyondTheBound_AndTheJobGoesOnAfterwards(string job)
    {
        FailingStore store = null!;
        await using JobCluster cluster = await StartAsync(
            options =>
            {
                options.CheckpointInterval = TimeSpan.FromMilliseconds(20);
                options.StagedEvents = 100;
                options.InboxEvents = 64;
            },
            services => services.AddSingleton<ICheckpointStore>(_ => store = new FailingStore(
                new DirectoryCheckpointStore(Path.Combine(_directory, "checkpoints")))));
        await cluster.Client.StartJobAsync(job);
        await CurrentAsync(cluster, job, after: 0);
        store.Fails = true;
        string[] words = await SendAsync(cluster, 200_000);

        // From the second failure on every barrier holds the sources: what they have read then is all that they read.
        // Before each barrier a source hands on 8192 events at a time, so that four of them come to 33 000, up to three
        // times.
        JobStatus before = await FailedAsync(cluster, job, 4);
        JobStatus after = await FailedAsync(cluster, job, before.Checkpoints.Failed + 5);
        long read = after.Sources.Sum(source => source.Next);
        Assert.Equal(before.Sources.Sum(source => source.Next), read);
        Assert.InRange(read, 1, 120_000);

        store.Fails = false;
        await cluster.Client.SealAsync(Echo.Words);
        await cluster.FinishedAsync(job);
        Assert.Equal(words.Order(), (await cluster.ReadAllAsync(Echo.Echoes)).Order());
    }

    private static Task<JobStatus> CurrentAsync(JobCluster cluster, string job, long after) => cluster.Client
        .WaitForJobAsync(job, status => status.Checkpoints.IsCurrent && status.Checkpoints.Last!.Number > after)
        .WaitAsync(JobCluster.Patience);

    private static Task<JobStatus> FailedAsync(JobCluster cluster, string job, int failures) => cluster.Client
        .WaitForJobAsync(job, status => status.Checkpoints.Failed >= failures)
        .WaitAsync(JobCluster.Patience);

    private static async Task<string[]> SendAsync(JobCluster cluster, int count)
    {
        string[] words = [.. Enumerable.Range(0, count).Select(i => $"word {i}")];
        await using Producer<string> producer = cluster.Client.CreateProducer(Echo.Words);
        foreach (string[] batch in words.Chunk(50))
            await producer.SendBatchAsync(batch);
        await producer.FlushAsync();
        return words;
    }

    private Task<JobCluster> StartAsync(
        Action<WeirOptions> configure, Action<IServiceCollection>? services = null) => JobCluster.StartAsync(
            _directory,
            configure: configure,
            parts: new JobClusterParts
            {
                Jobs = [typeof(Echo), typeof(GroupedEcho), typeof(Loud)],
                Services = services ?? (static _ => { }),
            });
}

/// <summary>Gives every word back, in the stage of its source.</summary>
public sealed class Echo : StreamJob
{
    public static readonly Topic<string> Words = Topic.Of<string>("words");
    public static readonly Topic<string> Echoes = Topic.Of<string>("echoes");

    public override void Define(JobBuilder job) => job.From(Words).Select(word => word).To(Echoes);
}

/// <summary>The same behind a shuffle.</summary>
public sealed class GroupedEcho : StreamJob
{
    public override void Define(JobBuilder job) => job
        .KeyGroups(4)
        .From(Echo.Words)
        .KeyBy(word => word)
        .Process("echo", new Repeat())
        .To(Echo.Echoes);

    private sealed class Repeat : KeyedProcess<string, string, string>
    {
        public override void OnEvent(string value, IKeyContext<string, string> key) => key.Emit(value);
    }
}

/// <summary>Another job, whose checkpoints tell the time.</summary>
public sealed class Loud : StreamJob
{
    public static readonly Topic<string> Cries = Topic.Of<string>("cries");

    public override void Define(JobBuilder job) =>
        job.From(Cries).Select(cry => cry.ToUpperInvariant()).To(Topic.Of<string>("loud-cries"));
}
