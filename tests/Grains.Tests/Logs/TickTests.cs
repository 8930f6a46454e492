namespace Weir.Grains.Tests.Logs;

using Microsoft.Extensions.Logging.Abstractions;
using Weir.Connectors.Sqlite;
using Weir.Engine.Streams;
using Weir.Grains.Logs;
using Weir.Grains.Tests.Streams;
using Weir.Protocol.Logs;

/// <summary>The ingestion clock of a partition that a job reads.</summary>
public sealed class TickTests : IAsyncLifetime, IDisposable
{
    private static readonly TopicPartition Partition = new("plain", 0);

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-ticks-").FullName;
    private readonly ManualTime _time = new();
    private readonly Probe<long> _appended = new();
    private SqliteEventLog _log = null!;
    private TickLease _ticks = null!;

    public async Task InitializeAsync()
    {
        _log = await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = Path.Combine(_folder, "log.db"), TimeProvider = _time });
        await _log.CreateTopicAsync(new TopicSpec { Name = "plain", Partitions = 1, Schema = "Reading:1" });
        _log.Watch((_, next) => _appended.Add(next));
        _ticks = new TickLease(_log, Partition, new WeirLogOptions { TimeProvider = _time }, NullLogger.Instance);
    }

    public async Task DisposeAsync()
    {
        _ticks.Dispose();
        await _log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public void Dispose() => _ticks.Dispose();

    [Fact]
    public async Task A_quiet_partition_ticks_every_second_until_the_lease_ends()
    {
        _ticks.Extend();
        await _appended.UntilCountAsync(1);
        for (int i = 1; i < 60; i++)
        {
            await UntilArmedAsync();
            _time.Move(TimeSpan.FromSeconds(1));
            await _appended.UntilCountAsync(i + 1);
        }

        await UntilAsync(() => _time.Armed == 0);
        _time.Move(TimeSpan.FromMinutes(10));

        LogFetch fetch = await _log.ReadAsync(Partition, 0, ReadLimits.Default);
        Assert.Equal(60, fetch.Batches.Count);
        Assert.All(fetch.Batches, batch => Assert.Equal(BatchKind.Tick, batch.Kind));
        Assert.Equal(59_000, fetch.Batches[^1].Stamp.Milliseconds - fetch.Batches[0].Stamp.Milliseconds);
    }

    [Fact]
    public async Task An_append_takes_the_place_of_a_tick()
    {
        _ticks.Extend();
        await _appended.UntilCountAsync(1);
        await UntilArmedAsync();
        _time.Move(TimeSpan.FromSeconds(0.6));
        await _log.AppendAsync(new AppendRequest { Partition = Partition, Batches = [TestTopics.NewBatch(1)] });
        _time.Move(TimeSpan.FromSeconds(0.4));
        await UntilArmedAsync();

        _time.Move(TimeSpan.FromSeconds(0.6));
        await _appended.UntilCountAsync(3);

        LogFetch fetch = await _log.ReadAsync(Partition, 0, ReadLimits.Default);
        Assert.Equal([BatchKind.Tick, BatchKind.Events, BatchKind.Tick], fetch.Batches.Select(batch => batch.Kind));
        Assert.Equal(1000, fetch.Batches[2].Stamp.Milliseconds - fetch.Batches[1].Stamp.Milliseconds);
    }

    [Fact]
    public async Task A_sealed_partition_ticks_no_more()
    {
        _ticks.Extend();
        await _appended.UntilCountAsync(1);
        await UntilArmedAsync();
        await _log.SealAsync("plain");

        _time.Move(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _time.Armed == 0);
        _time.Move(TimeSpan.FromSeconds(5));

        Assert.Equal(2, (await _log.DescribeAsync(Partition)).Next);
    }

    private Task UntilArmedAsync() => UntilAsync(() => _time.Armed == 1);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
