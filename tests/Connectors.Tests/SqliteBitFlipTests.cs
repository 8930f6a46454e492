namespace Weir.Connectors.Tests;

using System.Globalization;
using System.Text;
using Weir.Connectors.Sqlite;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// A log whose file has one bit turned over, anywhere: whatever anyone is told of it is what was stored, or that it is
/// damaged.
/// </summary>
public sealed class SqliteBitFlipTests : IDisposable
{
    private const int Flips = 300;
    private static readonly TopicPartition[] Partitions = [new("orders", 0), new("orders", 1), new("sums", 0)];
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-flip-").FullName;

    private string Flipped => Path.Combine(_folder, "flipped.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_flipped_bit_anywhere_is_found_or_changes_nothing(int seed)
    {
        byte[] good = await StoreAsync();
        string truth = await TellAsync(good);
        int[] used = [.. Enumerable.Range(0, good.Length).Where(at => good[at] != 0)];
        var random = new Random(seed);
        List<string> wrong = [];
        int found = 0;
        for (int flip = 0; flip < Flips; flip++)
        {
            // Most of the file is unused room, which nobody reads.
            int at = flip % 8 == 0 ? random.Next(good.Length) : used[random.Next(used.Length)];
            byte[] bad = [.. good];
            bad[at] ^= (byte)(1 << random.Next(8));
            try
            {
                string told = await TellAsync(bad);
                if (told != truth)
                    wrong.Add($"byte {at}, {good[at]:x2} was {bad[at]:x2}: {Difference(truth, told)}");
            }
            catch (EventLogException damage)
            {
                if (damage.Error is EventLogError.Corrupt or EventLogError.Incompatible)
                    found++;
                else
                    wrong.Add($"byte {at}, {good[at]:x2} was {bad[at]:x2}: {damage.Error}, {damage.Message}");
            }
            catch (Exception other)
            {
                wrong.Add($"byte {at}, {good[at]:x2} was {bad[at]:x2}: {other}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Flips} not found, {found} found:\n{string.Join('\n', wrong)}");
        Assert.NotEqual(0, found);
    }

    [Fact]
    public async Task A_flipped_bit_in_what_a_killed_process_left_is_found_but_at_its_end()
    {
        (byte[] database, byte[] appends) = await StoreUnfinishedAsync();
        string truth = await TellAsync(database, appends);
        var random = new Random(1);
        for (int flip = 0; flip < Flips; flip++)
        {
            // The header, and then anywhere but in the last transactions.
            int at = flip < 32 ? flip : random.Next(appends.Length / 2);
            byte[] bad = [.. appends];
            bad[at] ^= (byte)(1 << random.Next(8));
            EventLogException damage = await Assert.ThrowsAsync<EventLogException>(() => TellAsync(database, bad));
            Assert.Equal((EventLogError.Corrupt, at), (damage.Error, at));
        }

        Assert.Equal(truth, await TellAsync(database, appends));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_a_crash_leaves_of_the_last_transaction_is_no_damage(int seed)
    {
        (byte[] database, byte[] appends) = await StoreUnfinishedAsync();
        var random = new Random(seed);
        for (int crash = 0; crash < 100; crash++)
        {
            // Cut anywhere, as by a kill, or with a piece of the end that never reached the disk.
            byte[] left = crash % 2 == 0 ? appends[..random.Next(appends.Length)] : [.. appends];
            if (crash % 2 != 0)
                left.AsSpan(left.Length - random.Next(1, 8192), 1).Fill(0x5a);
            await WriteAsync(database, left);
            await (await OpenAsync(Flipped)).DisposeAsync();
        }
    }

    private static async Task<AppendResult> SendAsync(SqliteEventLog log, TopicPartition partition, long sequence, long epoch) =>
        await log.AppendAsync(new AppendRequest
        {
            Partition = partition,
            Producer = $"p{partition.Partition}",
            ProducerEpoch = epoch,
            Sequence = sequence,
            Batches = [Events.Batch($"{partition} {sequence}", "and another")],
        });

    /// <summary>The bytes of a log with a bit of everything; it was closed, so they are all in one file.</summary>
    private async Task<byte[]> StoreAsync()
    {
        string path = Path.Combine(_folder, "good.db");
        await using (SqliteEventLog log = await OpenAsync(path))
            await FillAsync(log);
        return await File.ReadAllBytesAsync(path);
    }

    /// <summary>The same as a process leaves it that is killed: nearly all of it is in the second file.</summary>
    private async Task<(byte[] Database, byte[] Appends)> StoreUnfinishedAsync()
    {
        string path = Path.Combine(_folder, "good.db");
        await using SqliteEventLog log = await OpenAsync(path);
        await FillAsync(log);
        return (await ReadAsync(path), await ReadAsync(path + "-wal"));
    }

    private static async Task FillAsync(SqliteEventLog log)
    {
        await CreateAsync(log, "orders", 2);
        await CreateAsync(log, "sums", 1);
        for (long sequence = 0; sequence < 80; sequence += 2)
        {
            foreach (TopicPartition partition in Partitions)
                await SendAsync(log, partition, sequence, epoch: 3);
        }

        await log.PinAsync("pin", Partitions[0], 10);
        await log.TruncateAsync(Partitions[1], 6);
        await log.SealAsync("sums");
    }

    // The log has it open.
    private static async Task<byte[]> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes);
        return bytes;
    }

    /// <summary>Everything that a log says when it is opened, read, and written to.</summary>
    private async Task<string> TellAsync(byte[] file, byte[]? appends = null)
    {
        await WriteAsync(file, appends);
        var told = new StringBuilder();
        await using SqliteEventLog log = await OpenAsync(Flipped);
        foreach (TopicInfo topic in await log.ListTopicsAsync())
            told.Append(CultureInfo.InvariantCulture, $"{topic}\n");
        foreach (TopicPartition partition in Partitions)
        {
            PartitionInfo info = await log.DescribeAsync(partition);
            told.Append(CultureInfo.InvariantCulture, $"{partition} {info}\n");
            for (long next = info.First; next < info.Next;)
            {
                LogFetch fetch = await log.ReadAsync(partition, next, ReadLimits.Default);
                foreach (EventBatch batch in fetch.Batches)
                    told.Append(CultureInfo.InvariantCulture, $"{batch.Stamp} {Events.Show(batch)}\n");
                next = fetch.Next;
            }

            told.AppendJoin(',', await log.ListProducersAsync(partition, "")).AppendLine();
            long? last = await log.LastSequenceAsync($"p{partition.Partition}", partition);
            told.Append(CultureInfo.InvariantCulture, $"last {last}\n");
        }

        foreach (TopicPartition partition in Partitions.Take(2))
        {
            told.Append(CultureInfo.InvariantCulture, $"old epoch: {await RefusalAsync(log, partition)}\n");
            told.Append(CultureInfo.InvariantCulture, $"again {await SendAsync(log, partition, 78, epoch: 3)}\n");
            told.Append(CultureInfo.InvariantCulture, $"next {await SendAsync(log, partition, 80, epoch: 3)}\n");
        }

        return told.ToString();
    }

    private async Task WriteAsync(byte[] file, byte[]? appends)
    {
        foreach (string old in Directory.EnumerateFiles(_folder, "flipped.db*"))
            File.Delete(old);
        await File.WriteAllBytesAsync(Flipped, file);
        if (appends is not null)
            await File.WriteAllBytesAsync(Flipped + "-wal", appends);
    }

    private static async Task<EventLogError> RefusalAsync(SqliteEventLog log, TopicPartition partition)
    {
        try
        {
            await SendAsync(log, partition, 80, epoch: 2);
            return default;
        }
        catch (EventLogException refusal) when (refusal.Error is EventLogError.Fenced)
        {
            return refusal.Error;
        }
    }

    private static Task<TopicInfo> CreateAsync(SqliteEventLog log, string name, int partitions) =>
        log.CreateTopicAsync(new TopicSpec
        {
            Name = name,
            Partitions = partitions,
            Schema = Events.Schema,
            Retention = RetentionPolicy.Forever,
        });

    private static Task<SqliteEventLog> OpenAsync(string path) => SqliteEventLog.OpenAsync(
        new SqliteEventLogOptions { Path = path, TimeProvider = new ManualTime() });

    private static string Difference(string truth, string told)
    {
        string[] were = truth.Split('\n');
        string[] are = told.Split('\n');
        int line = Enumerable.Range(0, Math.Min(were.Length, are.Length)).FirstOrDefault(i => were[i] != are[i]);
        return $"'{are[line]}', not '{were[line]}'";
    }
}
