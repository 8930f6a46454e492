namespace Weir.Grains.Tests.History;

using Weir.Cli;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Tests.Jobs;
using static PastClicks;

public sealed class VerifyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-verify-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task WhatIsStored_IsIntact()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        (_, CheckpointDescription second) = await TwoSavepointsAsync(cluster);
        (int code, string text) = await RunAsync(cluster.Client, "verify", Job);
        Assert.Equal(ExitCode.Done, code);
        Assert.DoesNotContain("damaged", text, StringComparison.Ordinal);

        List<VerifiedPart> parts = await VerifyAsync(cluster);
        Assert.DoesNotContain(parts, part => part.IsWrong);
        Assert.Contains(parts, part => part.Kind == VerifiedKind.Segments);

        // Of every partition everything that was read is looked at, without a gap.
        var clicks = parts.Where(part => part.Kind == VerifiedKind.Input && part.Name.StartsWith("clicks/"))
            .GroupBy(part => part.Name).ToList();
        Assert.Equal(4, clicks.Count);
        long read = clicks.Sum(partition => partition.Max(part => part.To));
        Assert.Equal(200, read);
        Assert.All(clicks, partition =>
        {
            long end = partition.Min(part => part.From);
            Assert.All(partition.OrderBy(part => part.From), part =>
            {
                Assert.True(part.From <= end, $"nothing covers {part.Name} from {end} to {part.From}");
                end = Math.Max(end, part.To);
            });
        });

        List<VerifiedPart> later = await VerifyAsync(cluster, from: "second");
        Assert.Equal(
            (await cluster.Client.ListCheckpointsAsync(Job)).Count(each => each.Number >= second.Number),
            later.Count(part => part.Kind == VerifiedKind.Manifest));
    }

    [Fact]
    public async Task AFlippedBit_IsFound_WithTheCheckpointsThatNeedIt()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        (CheckpointDescription first, _) = await TwoSavepointsAsync(cluster);
        List<VerifiedPart> before = await VerifyAsync(cluster);
        VerifiedPart file = before.First(part =>
            part.Kind == VerifiedKind.Segments && part.Checkpoints.Contains(first.Number));
        Flip(file.Name, at: 3);

        (int code, string text) = await RunAsync(cluster.Client, "verify", Job);
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("1 damaged", text, StringComparison.Ordinal);
        VerifiedPart damaged = Assert.Single(await VerifyAsync(cluster), part => part.IsWrong);
        Assert.Equal(
            (file.Name, VerifiedState.Damaged, true),
            (damaged.Name, damaged.State, damaged.Checkpoints.Contains(first.Number)));
    }

    [Fact]
    public async Task ADamagedManifest_IsFound()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        (CheckpointDescription first, _) = await TwoSavepointsAsync(cluster);
        VerifiedPart manifest = (await VerifyAsync(cluster)).Single(part =>
            part.Kind == VerifiedKind.Manifest && part.Checkpoints[0] == first.Number);
        Flip(manifest.Name, at: 20);
        Assert.Equal(manifest.Name, Assert.Single(await VerifyAsync(cluster), part => part.IsWrong).Name);
    }

    [Fact]
    public async Task ChangedInput_IsFound()
    {
        await using (JobCluster before = await JobCluster.StartAsync(_directory))
        {
            await TwoSavepointsAsync(before);
            await before.Log.DeleteTopicAsync("clicks");
        }

        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.CreateTopicAsync(PageViews.Clicks, new TopicOptions { Partitions = 4 });

        // The same clicks in the same order, but one of another user.
        Click[] clicks = [.. Clicks(0, 100).Concat(Clicks(100, 100))];
        clicks[150] = clicks[150] with { User = "mallory" };
        await SendAsync(cluster, clicks);
        List<VerifiedPart> wrong = [.. (await VerifyAsync(cluster)).Where(part => part.IsWrong)];
        Assert.NotEmpty(wrong);
        Assert.All(wrong, part => Assert.Equal(
            (VerifiedKind.Input, VerifiedState.Differs), (part.Kind, part.State)));
        Assert.Equal(ExitCode.Refused, (await RunAsync(cluster.Client, "verify", Job)).Code);
    }

    [Fact]
    public async Task WrongQuestions_GetOneClearSentence()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        var unknown = await Assert.ThrowsAsync<WeirException>(() => VerifyAsync(cluster, from: "nothing"));
        Assert.Equal(WeirError.UnknownCheckpoint, unknown.Error);
        Assert.Empty(await VerifyAsync(cluster));
    }

    private static async Task<(CheckpointDescription First, CheckpointDescription Second)> TwoSavepointsAsync(
        JobCluster cluster)
    {
        await cluster.Client.StartJobAsync(Job);
        CheckpointDescription first = await SavepointAsync(cluster, "first", Clicks(0, 100));
        CheckpointDescription second = await SavepointAsync(cluster, "second", Clicks(100, 100));
        await cluster.Client.StopJobAsync(Job);
        return (first, second);
    }

    private static async Task<List<VerifiedPart>> VerifyAsync(JobCluster cluster, string? from = null)
    {
        var parts = new List<VerifiedPart>();
        await foreach (VerifiedPart part in cluster.Client.History(Job).VerifyAsync(from))
            parts.Add(part);
        return parts;
    }

    private void Flip(string file, int at)
    {
        string path = Path.Combine(_directory, "checkpoints", file);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
