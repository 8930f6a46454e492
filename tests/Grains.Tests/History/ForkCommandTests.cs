namespace Weir.Grains.Tests.History;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;

/// <summary>Commands to the keys of a job and of its fork.</summary>
public sealed class ForkCommandTests : IDisposable
{
    private const string Job = "careful-pages";
    private const string Fork = "careful-pages.what-if";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-fork-commands-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ACommand_ReachesTheKeyOfTheOneThatItIsSentTo()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        CarefulPages.HasCause = true;
        await cluster.Client.StartJobAsync(Job);
        await PoisonAsync(cluster, "/a");
        await PoisonAsync(cluster, "/b");
        await WaitAsync(cluster, Job, quarantined: 2);

        // The job has had commands before the fork begins, so its groups know how far they had come.
        Assert.NotNull((await cluster.Client.Quarantine(Job).ReleaseAsync("careful", "/b")).Left);
        Assert.NotNull((await cluster.Client.Quarantine(Job).ReleaseAsync("careful", "/a")).Left);
        await cluster.Client.TakeSavepointAsync(Job, "first").WaitAsync(JobCluster.Patience);
        await cluster.Client.History(Job).ForkAsync(new ForkOptions { From = "first", Name = "what-if" });
        await WaitAsync(cluster, Fork, quarantined: 2);

        CarefulPages.HasCause = false;
        Assert.Equal(new QuarantineAnswer(1, null), await cluster.Client.Quarantine(Fork).ReleaseAsync("careful", "/a"));
        Assert.Equal(["/b"], await HeldAsync(cluster, Fork));
        Assert.Equal(["/a", "/b"], await HeldAsync(cluster, Job));
        Assert.Equal(new QuarantineAnswer(1, null), await cluster.Client.Quarantine(Job).ReleaseAsync("careful", "/b"));
        Assert.Equal(["/b"], await HeldAsync(cluster, Fork));
        Assert.Equal(["/a"], await HeldAsync(cluster, Job));
    }

    private static Task<SendReceipt> PoisonAsync(JobCluster cluster, string page) =>
        cluster.Client.SendAsync(PageViews.Clicks, new Click(page, "poison", new EventTime(1000)));

    private static async Task<IEnumerable<string>> HeldAsync(JobCluster cluster, string job) =>
        (await cluster.Client.Quarantine(job).ListAsync()).Select(each => each.Key).Order(StringComparer.Ordinal);

    private static Task<JobStatus> WaitAsync(JobCluster cluster, string job, int quarantined) => cluster.Client
        .WaitForJobAsync(
            job, status => status.Operators.Length == 2 && status.Operators[0].Quarantined == quarantined)
        .WaitAsync(JobCluster.Patience);
}
