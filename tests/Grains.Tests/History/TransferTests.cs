namespace Weir.Grains.Tests.History;

using Weir.Cli;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Streams;
using Weir.Grains.Tests.Jobs;
using static PastClicks;

public sealed class TransferTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-transfer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AnExportedSavepoint_StartsTheJobInAnotherCluster_OverTheSameInput()
    {
        string file = Path.Combine(_directory, "first.savepoint");
        await using (JobCluster cluster = await JobCluster.StartAsync(DirectoryOf("one")))
        {
            await cluster.Client.StartJobAsync(Job);
            await SavepointAsync(cluster, "first", Clicks(0, 300));
            Assert.Equal(ExitCode.Done, (await RunAsync(cluster.Client, "savepoint", "export", Job, "first", file)).Code);
            Assert.Equal(
                ExitCode.WrongUsage, (await RunAsync(cluster.Client, "savepoint", "export", Job, "first", file)).Code);
        }

        // The same log without anything of the job: its directory has no checkpoints and no records.
        File.Copy(Path.Combine(DirectoryOf("one"), "events.db"), Path.Combine(DirectoryOf("two"), "events.db"));
        await using JobCluster other = await JobCluster.StartAsync(DirectoryOf("two"));
        Assert.Equal(
            ExitCode.Done, (await RunAsync(other.Client, "savepoint", "import", Job, file, "--name", "moved")).Code);
        CheckpointDescription moved = Assert.Single(await other.Client.ListCheckpointsAsync(Job));
        Assert.Equal("moved", moved.Savepoint);
        await other.Client.StartJobAsync(Job, new StartOptions { From = "moved", Outputs = OutputChoice.Replace });
        await SendAsync(other, Clicks(300, 300));
        await other.Client.SealAsync(PageViews.Clicks);
        JobStatus status = await other.FinishedAsync(Job);

        // What was counted before the savepoint is in its state, and so is how many events that were.
        Assert.Equal(600, status.Operators.Single().Events);
        Dictionary<long, long> counted = (await other.ReadAllAsync(PageViews.PerMinute))
            .GroupBy(each => each.Window.Start.Milliseconds)
            .ToDictionary(window => window.Key, window => window.Sum(each => each.Value));
        Assert.Equal([(180_000L, 120L), (240_000, 120), (300_000, 120)], [
            .. counted.Where(each => each.Key >= 180_000).OrderBy(each => each.Key).Select(each => (each.Key, each.Value)),
        ]);
    }

    [Fact]
    public async Task AnImportedSavepoint_OfARunningJob_IsKept_AndCanBeRead()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        CheckpointDescription first = await SavepointAsync(cluster, "first", Clicks(0, 100));
        string before = await InspectAsync(cluster, first.Number);
        using var bytes = new MemoryStream();
        await cluster.Client.History(Job).ExportAsync("first", bytes);
        await cluster.Client.DeleteSavepointAsync(Job, "first");
        await CheckpointedAsync(cluster, Job, (await cluster.Client.ListCheckpointsAsync(Job))[0].Number);
        bytes.Position = 0;
        CheckpointDescription again = await cluster.Client.History(Job).ImportAsync(bytes);
        Assert.Equal("first", again.Savepoint);
        await SavepointAsync(cluster, "second", Clicks(100, 100));
        JobStatus status = await CheckpointedAsync(cluster, Job, again.Number);
        Assert.Equal(JobState.Running, status.State);
        IReadOnlyList<CheckpointDescription> kept = await cluster.Client.ListCheckpointsAsync(Job);
        Assert.Equal(kept.Count, kept.Select(each => each.Number).Distinct().Count());
        Assert.Contains(kept, each => each.Savepoint == "first" && each.Number == again.Number);
        Assert.Equal(before, await InspectAsync(cluster, again.Number));
    }

    [Fact]
    public async Task DamagedForeignAndTwiceNamedFiles_AreRefused()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        await SavepointAsync(cluster, "first", Clicks(0, 100));
        using var exported = new MemoryStream();
        await cluster.Client.History(Job).ExportAsync("first", exported);
        byte[] file = exported.ToArray();

        Assert.Equal(WeirError.SavepointConflict, (await RefusalAsync(cluster, file)).Error);
        Assert.Equal(WeirError.Corrupt, (await RefusalAsync(cluster, [.. file, 0])).Error);
        Assert.Equal(WeirError.Corrupt, (await RefusalAsync(cluster, file[..^1], "x")).Error);
        Assert.Equal(WeirError.Corrupt, (await RefusalAsync(cluster, [])).Error);
        Assert.Contains(
            "no savepoint of Weir",
            (await RefusalAsync(cluster, "this is another file"u8.ToArray())).Message,
            StringComparison.Ordinal);
        for (int at = 0; at < file.Length; at += Math.Max(1, file.Length / 40))
        {
            byte[] damaged = [.. file];
            damaged[at] ^= 4;
            Assert.Equal(WeirError.Corrupt, (await RefusalAsync(cluster, damaged, "x")).Error);
        }

        var foreign = await Assert.ThrowsAsync<WeirException>(
            () => cluster.Client.History("busiest-users").ImportAsync(new MemoryStream(file)));
        Assert.Equal(WeirError.IncompatibleState, foreign.Error);
        Assert.DoesNotContain(await cluster.Client.ListCheckpointsAsync(Job), each => each.Savepoint == "x");
    }

    [Fact]
    public async Task OverAnotherLog_AnImportNeedsToBeOfTheStateOnly()
    {
        using var exported = new MemoryStream();
        await using (JobCluster cluster = await JobCluster.StartAsync(DirectoryOf("one")))
        {
            await cluster.Client.StartJobAsync(Job);
            await SavepointAsync(cluster, "first", Clicks(0, 130));
            await cluster.Client.History(Job).ExportAsync("first", exported);
        }

        await using JobCluster other = await JobCluster.StartAsync(DirectoryOf("two"));
        var missing = await RefusalAsync(other, exported.ToArray());
        Assert.Contains("create it with 4 partitions", missing.Message, StringComparison.Ordinal);
        await other.Client.CreateTopicAsync(PageViews.Clicks, new TopicOptions { Partitions = 4 });
        var shorter = await RefusalAsync(other, exported.ToArray());
        Assert.Equal(WeirError.IncompatibleState, shorter.Error);
        Assert.Contains("import the state only", shorter.Message, StringComparison.Ordinal);

        exported.Position = 0;
        await other.Client.History(Job).ImportAsync(exported, new ImportOptions { StateOnly = true });
        await other.Client.StartJobAsync(Job, new StartOptions { From = "first", Outputs = OutputChoice.Append });
        await SendAsync(other, Clicks(130, 110));
        await other.Client.SealAsync(PageViews.Clicks);
        await other.FinishedAsync(Job);
        Windowed<string, long>[] second =
            [.. (await other.ReadAllAsync(PageViews.PerMinute)).Where(each => each.Window.Start.Milliseconds == 120_000)];
        Assert.Equal(120, second.Sum(each => each.Value));
    }

    [Fact]
    public async Task AClaimedSavepoint_IsOneNoMore_OnceTheJobHasACheckpointOfItsOwn()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync(Job);
        await SavepointAsync(cluster, "kept", Clicks(0, 100));
        CheckpointDescription claimed = await SavepointAsync(cluster, "claimed", Clicks(100, 100));
        await cluster.Client.StopJobAsync(Job);
        var notOne = await Assert.ThrowsAsync<WeirException>(() => cluster.Client.StartJobAsync(
            Job, new StartOptions { Anew = true, Claim = true, Outputs = OutputChoice.Append }));
        Assert.Equal(WeirError.InvalidRequest, notOne.Error);

        await cluster.Client.StartJobAsync(
            Job, new StartOptions { From = "claimed", Claim = true, Outputs = OutputChoice.Append });
        await CheckpointedAsync(cluster, Job, claimed.Number);
        IReadOnlyList<CheckpointDescription> after = await cluster.Client.ListCheckpointsAsync(Job);
        Assert.Equal(["kept"], after.Select(each => each.Savepoint).OfType<string>());
        await CheckpointedAsync(cluster, Job, claimed.Number + 4);
        Assert.DoesNotContain(await cluster.Client.ListCheckpointsAsync(Job), each => each.Number == claimed.Number);
    }

    private string DirectoryOf(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    private static Task<WeirException> RefusalAsync(JobCluster cluster, byte[] file, string? name = null) =>
        Assert.ThrowsAsync<WeirException>(() => cluster.Client.History(Job)
            .ImportAsync(new MemoryStream(file), new ImportOptions { Name = name }));

    private static async Task<string> InspectAsync(JobCluster cluster, long checkpoint)
    {
        KeyReport? report = await cluster.Client.Json.At(ReadAt.AsOf(checkpoint)).InspectAsync(
            Job, "count-views", "/page3");
        return string.Join(';', report!.Windows.Select(each => $"{each.Window} {each.Json}"));
    }
}
