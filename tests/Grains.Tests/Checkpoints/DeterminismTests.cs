namespace Weir.Grains.Tests.Checkpoints;

using System.IO.Hashing;
using Weir.Client;
using Weir.Connectors.Files;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Hosting;
using Weir.Grains.Streams;
using Weir.Grains.Tests.Jobs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;

/// <summary>
/// The same log gives a co-partitioned job the same state and output, byte for byte, on any number of silos, with any
/// size of fetches and inboxes, and whatever checkpoints and restarts come between.
/// </summary>
public sealed class DeterminismTests : IDisposable
{
    private const int Events = 20_000;
    private readonly string _root = Directory.CreateTempSubdirectory("weir-determinism-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task TheSameLog_GivesTheSameBytes()
    {
        string log = await FillAsync();
        string? expected = null;
        Variant[] variants =
        [
            new(1, 8192, 4096, 100, Restarts: 0),
            new(2, 300, 64, 20, Restarts: 0),
            new(4, 1000, 512, 3_600_000, Restarts: 0),
            new(1, 500, 256, 20, Restarts: 3),
        ];
        foreach (Variant variant in variants)
        {
            string found = await RunAsync(log, variant);
            Assert.NotEqual("", found);
            expected ??= found;
            Assert.True(expected == found, $"{variant} gave\n{found}\nin place of\n{expected}");
        }
    }

    /// <summary>A log with all input, not sealed, so that there is state when it has been read.</summary>
    private async Task<string> FillAsync()
    {
        string directory = Path.Combine(_root, "log");
        Directory.CreateDirectory(directory);
        await using (JobCluster cluster = await JobCluster.StartAsync(directory))
        {
            foreach (Topic topic in new Topic[] { PageViews.Clicks, PageViews.PerMinute, PageViews.TooLate })
                await cluster.Client.CreateTopicAsync(topic, new TopicOptions { Partitions = 4 });
            await using Producer<Click> producer = cluster.Client.CreateProducer(PageViews.Clicks);
            foreach (Click[] batch in Clicks().Chunk(70))
                await producer.SendBatchAsync(batch);
            await producer.FlushAsync();
        }

        return Path.Combine(directory, "events.db");
    }

    private async Task<string> RunAsync(string log, Variant variant)
    {
        string directory = Directory.CreateDirectory(Path.Combine(_root, Guid.NewGuid().ToString("N"))).FullName;
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(log)!, "events.db*"))
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        var parts = new JobClusterParts { Streams = options => options.MaxEvents = variant.Fetch };
        await using JobCluster cluster = await JobCluster.StartAsync(directory, variant.Silos, variant.Apply, parts);
        await cluster.Client.StartJobAsync("page-views");
        for (int restart = 0; restart < variant.Restarts; restart++)
        {
            await cluster.Client
                .WaitForJobAsync("page-views", status => status.Checkpoints.Last is not null)
                .WaitAsync(JobCluster.Patience);
            await cluster.Client.StopJobAsync("page-views");
            await cluster.Client.StartJobAsync("page-views");
        }

        await cluster.CaughtUpAsync("page-views");
        await cluster.Client
            .WaitForJobAsync("page-views", status => status.Operators.Sum(each => each.Events) == Events)
            .WaitAsync(JobCluster.Patience);
        await cluster.Client.StopJobAsync("page-views", new StopOptions { Savepoint = "end" });
        return $"state {await StateAsync(directory)}\noutput {await OutputAsync(cluster.Log)}";
    }

    // Every group's chain, folded: how the state was divided into changes does not matter.
    private static async Task<string> StateAsync(string directory)
    {
        var store = new DirectoryCheckpointStore(Path.Combine(directory, "checkpoints"));
        string name = (await store.ListAsync("page-views/chk-"))[^1];
        using IStoredFile file = await store.OpenAsync(name);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        var hash = new XxHash128();
        int groups = 0;
        foreach (ParticipantReport report in ManifestCodec.Decode(bytes).Reports.Where(each => each.Chain.Count > 0))
        {
            var chain = new List<ISegmentBytes>();
            foreach (SegmentRef part in report.Chain)
                chain.Add(new SegmentMemory(await ReadAsync(store, part)));
            hash.Append(SegmentFold.Merge(chain));
            groups++;
        }

        Assert.True(groups > 10, $"only {groups} groups hold anything: nothing was tried");
        return Convert.ToHexString(hash.GetCurrentHash());
    }

    private static async Task<byte[]> ReadAsync(DirectoryCheckpointStore store, SegmentRef part)
    {
        using IStoredFile file = await store.OpenAsync(part.File);
        var bytes = new byte[part.Length];
        file.Read(part.Offset, bytes);
        return bytes;
    }

    // Groups share partitions in whatever order; what each has written lies in its own.
    private static async Task<string> OutputAsync(IEventLog log)
    {
        var hash = new XxHash128();
        var lines = new List<string>();
        for (int partition = 0; partition < 4; partition++)
        {
            LogFetch fetch = await log.ReadAsync(
                new TopicPartition(PageViews.PerMinute.Name, partition), 0, new ReadLimits(1_000_000, 1 << 28));
            foreach (EventBatch batch in fetch.Batches)
            {
                var reader = new ByteReader(batch.Payload);
                while (reader.Remaining > 0)
                    lines.Add($"{partition} {Convert.ToHexString(reader.ReadBlob().Span)}");
            }
        }

        foreach (string line in lines.Order(StringComparer.Ordinal))
            hash.Append(System.Text.Encoding.UTF8.GetBytes(line));
        return $"{lines.Count} {Convert.ToHexString(hash.GetCurrentHash())}";
    }

    private static IEnumerable<Click> Clicks() => Enumerable.Range(0, Events).Select(i => new Click(
        $"/page{i * 7 % 300}", $"user{i * 13 % 20}", new EventTime(100_000 + i * 50 - i * 7919 % 7000)));

    private sealed record Variant(short Silos, int Fetch, int Inbox, int Interval, int Restarts)
    {
        public void Apply(WeirOptions options)
        {
            options.InboxEvents = Inbox;
            options.CheckpointInterval = TimeSpan.FromMilliseconds(Interval);
        }
    }
}
