namespace Weir.Connectors.Tests;

using Microsoft.Data.Sqlite;
using Weir.Connectors.Sqlite;
using Weir.Protocol.Logs;

/// <summary>The SQLite log through the contract, and what is particular to it: files, damage, limits.</summary>
public sealed class SqliteEventLogTests : EventLogContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-log-").FullName;

    private SqliteEventLogOptions Options =>
        new() { Path = Path.Combine(_folder, "data", "log.db"), TimeProvider = Clock };

    protected override async Task<IEventLog> OpenAsync() => await SqliteEventLog.OpenAsync(Options);

    protected override Task CleanAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_second_log_on_the_file_is_refused_until_the_first_is_closed()
    {
        await AssertFailsAsync(EventLogError.Unavailable, OpenAsync);

        await ReopenAsync();
    }

    [Fact]
    public async Task A_closed_log_refuses_and_can_be_closed_again()
    {
        await Log.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => AppendAsync(P0, Events.Tick()));
        await Log.DisposeAsync();
    }

    [Theory]
    [InlineData("UPDATE chunks SET body = CAST(replace(body, X'6262', X'6263') AS BLOB) WHERE from_offset = 1")]
    [InlineData("UPDATE chunks SET stamp = stamp + 1 WHERE from_offset = 1")]
    [InlineData("UPDATE chunks SET partition = partition + 1 WHERE from_offset = 1")]
    [InlineData("DELETE FROM chunks WHERE from_offset = 1")]
    public async Task Changed_and_missing_rows_are_found_when_read(string damage)
    {
        foreach (string text in new[] { "aaaa", "bbbb", "cccc" })
            await AppendAsync(P0, Events.Batch(text));
        if (damage.Contains("partition", StringComparison.Ordinal))
            await AppendAsync(P1, Events.Batch("x", "y", "z"));
        await DamageAsync(damage);

        LogFetch good = await Log.ReadAsync(P0, 0, ReadLimits.Default);

        Assert.Equal(["[0,1) aaaa"], good.Batches.Select(Events.Show));
        await AssertFailsAsync(EventLogError.Corrupt, () => Log.ReadAsync(P0, 1, ReadLimits.Default));
        Assert.Equal(["[2,3) cccc"], await ReadAllAsync(P0, 2));
    }

    [Fact]
    public async Task A_changed_producer_is_found_when_opened()
    {
        await SendAsync("p", 0, Events.Batch("a"));
        await Log.DisposeAsync();
        Execute("UPDATE producers SET epoch = 7");

        await AssertFailsAsync(EventLogError.Corrupt, OpenAsync);
    }

    [Fact]
    public async Task A_lost_end_is_found_when_opened()
    {
        await AppendAsync(P0, Events.Batch("a"));
        await AppendAsync(P0, Events.Batch("b"));
        await Log.DisposeAsync();
        Execute("DELETE FROM chunks WHERE from_offset = 1");

        await AssertFailsAsync(EventLogError.Corrupt, OpenAsync);
    }

    [Fact]
    public async Task Overwritten_pages_are_found()
    {
        for (int i = 0; i < 200; i++)
            _ = AppendAsync(P0, Events.Batch(new string((char)('a' + (i % 26)), 20_000)));
        await AppendAsync(P0, Events.Tick());
        await Log.DisposeAsync();
        using (FileStream file = File.OpenWrite(Options.Path))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[100_000]);
        }
        Exception? failure = await Record.ExceptionAsync(async () =>
        {
            await ReopenAsync();
            await ReadAllAsync(P0);
        });
        Assert.Equal(EventLogError.Corrupt, Assert.IsType<EventLogException>(failure).Error);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await Log.DisposeAsync();
        await File.WriteAllTextAsync(Options.Path, new string('x', 10_000));

        await AssertFailsAsync(EventLogError.Corrupt, OpenAsync);
    }

    [Fact]
    public async Task A_newer_format_and_a_foreign_database_are_refused()
    {
        await Log.DisposeAsync();
        Execute("PRAGMA user_version = 99");
        await AssertFailsAsync(EventLogError.Incompatible, OpenAsync);

        Execute("PRAGMA user_version = 0; PRAGMA application_id = 5");
        await AssertFailsAsync(EventLogError.Incompatible, OpenAsync);
    }

    [Fact]
    public async Task A_full_log_refuses_appends_and_goes_on_when_there_is_room_again()
    {
        await Log.DisposeAsync();
        await using SqliteEventLog log = await SqliteEventLog.OpenAsync(Options with { MaxBytes = 1 << 20 });
        long sequence = 0;
        AppendRequest Request() => new()
        {
            Partition = P0,
            Producer = "p",
            Sequence = sequence,
            Batches = [Events.Batch(new string('x', 50_000))],
        };
        await AssertFailsAsync(EventLogError.Full, async () =>
        {
            for (; sequence < 100; sequence++)
                await log.AppendAsync(Request());
        });
        NewBatch unknownSchema = Request().Batches[0] with { Schema = "New:1" };
        await AssertFailsAsync(EventLogError.Full, () => log.AppendAsync(Request() with { Batches = [unknownSchema] }));
        Assert.InRange(sequence, 10, 20);
        Assert.Equal(sequence, (await log.DescribeAsync(P0)).Next);
        Assert.Equal(sequence - 1, await log.LastSequenceAsync("p", P0));

        await log.TruncateAsync(P0, sequence - 2);
        AppendResult result = await log.AppendAsync(Request() with { Batches = [unknownSchema] });

        Assert.Equal("New:1", (await log.ReadAsync(P0, sequence, ReadLimits.Default)).Batches[0].Schema);
        Assert.Equal((sequence, sequence + 1, false), (result.From, result.Next, result.WasDuplicate));
        Assert.Equal(3, (await log.ReadAsync(P0, sequence - 2, ReadLimits.Default)).Batches.Count);
    }

    [Fact]
    public async Task A_request_above_the_limit_is_refused()
    {
        NewBatch large = Events.Batch(new string('x', 9 << 20));
        await AppendAsync(P0, large);

        await AssertFailsAsync(EventLogError.InvalidRequest, () => AppendAsync(P0, large, large));
    }

    [Fact]
    public async Task A_refused_request_does_not_disturb_its_group()
    {
        Task<AppendResult>[] sent = [];
        await WhileWriterIsHeldAsync(Log, () => sent =
        [
            SendAsync("p", epoch: 2, 0, [Events.Batch("a")]),
            SendAsync("p", epoch: 1, 1, [Events.Batch("x")]),
            SendAsync("p", epoch: 2, 5, [Events.Batch("x")]),
            SendAsync("p", epoch: 2, 0, [Events.Batch("a", "b")]),
            AppendAsync(new TopicPartition("no", 0), Events.Tick()),
            Log.AppendAsync(new AppendRequest { Partition = P0, ExpectedNext = 7, Batches = [Events.Tick()] }),
            SendAsync("p", epoch: 2, 0, [Events.Batch("a")]),
            AppendAsync(P0, Events.Batch("c")),
        ]);

        string[] outcomes = await Task.WhenAll(sent.Select(OutcomeAsync));

        Assert.Equal(
            ["[1,2)", "Fenced", "SequenceGap", "[1,3)", "UnknownTopic", "OffsetConflict", "[1,2) again", "[3,4)"],
            outcomes);
        Assert.Equal(["[0,1) Tick", "[1,2) a", "[2,3) b", "[3,4) c"], await ReadAllAsync(P0));
    }

    [Fact]
    public async Task A_waiting_append_can_be_cancelled_and_is_not_stored()
    {
        using var cancellation = new CancellationTokenSource();
        Task<AppendResult>? cancelled = null;
        await WhileWriterIsHeldAsync(Log, () =>
        {
            cancelled = Log.AppendAsync(
                new AppendRequest { Partition = P0, Batches = [Events.Batch("x")] }, cancellation.Token);
            cancellation.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled!);
        await AppendAsync(P0, Events.Batch("a"));
        Assert.Equal(["[0,1) Tick", "[1,2) a"], await ReadAllAsync(P0));
    }

    [Fact]
    public async Task A_full_queue_refuses()
    {
        await Log.DisposeAsync();
        await using SqliteEventLog log = await SqliteEventLog.OpenAsync(Options with { MaxQueuedRequests = 2 });
        var request = new AppendRequest { Partition = P0, Batches = [Events.Tick()] };
        Task<AppendResult>[] sent = [];

        await WhileWriterIsHeldAsync(log, () =>
            sent = [log.AppendAsync(request), log.AppendAsync(request), log.AppendAsync(request)]);

        Assert.Equal(["[1,2)", "[2,3)", "Unavailable"], await Task.WhenAll(sent.Select(OutcomeAsync)));
    }

    [Fact]
    public async Task What_was_answered_survives_a_crash_and_a_torn_end_loses_only_the_last()
    {
        for (int i = 0; i < 20; i++)
            await AppendAsync(P0, Events.Numbers(i, 500));
        string crashed = Path.Combine(_folder, "crashed.db");
        long walBytes = CopyAsAfterCrash(crashed, cut: 0);
        await AssertHoldsAsync(crashed, batches: 20);
        for (long cut = 1; cut < walBytes; cut += walBytes / 7)
        {
            CopyAsAfterCrash(crashed, cut);
            await AssertHoldsAsync(crashed, batches: null);
        }
    }

    [Fact]
    public async Task Deleting_a_topic_frees_its_rows_and_goes_on_after_a_restart()
    {
        await Task.WhenAll(Enumerable.Range(0, 700).Select(_ => AppendAsync(P0, Events.Tick())));
        await SendAsync("p", 0, Events.Batch("a"));
        await Log.DisposeAsync();
        // As if the process had died after the topic was gone but before its chunks were.
        Execute("""
            INSERT INTO dropped_partitions SELECT id FROM partitions;
            DELETE FROM partitions;
            DELETE FROM topics;
            """);
        await ReopenAsync();
        await CreateAsync("topic", 2);
        await AppendAsync(P0, Events.Tick());

        await Log.DeleteTopicAsync("topic");
        await Log.DisposeAsync();

        Assert.Equal(0, Count("chunks") + Count("partitions") + Count("topics") + Count("dropped_partitions"));
    }

    /// <summary>Holds the writer's thread in a watcher, so that what is sent meanwhile becomes one group.</summary>
    private static async Task WhileWriterIsHeldAsync(IEventLog log, Action send)
    {
        using var held = new SemaphoreSlim(0);
        using var go = new ManualResetEventSlim();
        IDisposable watching = log.Watch((_, _) =>
        {
            held.Release();
            go.Wait();
        });
        await log.AppendAsync(new AppendRequest { Partition = P0, Batches = [Events.Tick()] });
        await held.WaitAsync();
        watching.Dispose();
        send();
        go.Set();
    }

    private static async Task<string> OutcomeAsync(Task<AppendResult> sent)
    {
        try
        {
            AppendResult result = await sent;
            return $"[{result.From},{result.Next}){(result.WasDuplicate ? " again" : "")}";
        }
        catch (EventLogException refusal)
        {
            return refusal.Error.ToString();
        }
    }

    private async Task DamageAsync(string sql)
    {
        await Log.DisposeAsync();
        Assert.NotEqual(0, Execute(sql));
        await ReopenAsync();
    }

    /// <summary>Copies the files as a crash would leave them, without the last bytes of the write-ahead log, and
    /// returns the length that log had.</summary>
    private long CopyAsAfterCrash(string target, long cut)
    {
        File.Copy(Options.Path, target, overwrite: true);
        File.Copy(Options.Path + "-wal", target + "-wal", overwrite: true);
        using FileStream wal = File.OpenWrite(target + "-wal");
        long length = wal.Length;
        wal.SetLength(length - cut);
        return length;
    }

    private async Task AssertHoldsAsync(string path, int? batches)
    {
        await using SqliteEventLog log = await SqliteEventLog.OpenAsync(Options with { Path = path });
        if (await log.FindTopicAsync("topic") is null)
            return;
        LogFetch fetch = await log.ReadAsync(P0, 0, new ReadLimits(int.MaxValue, int.MaxValue));
        Assert.Equal((await log.DescribeAsync(P0)).Next, fetch.Next);
        Assert.Equal(fetch.Batches.Count * 500, fetch.Next);
        Assert.Equal(batches ?? fetch.Batches.Count, fetch.Batches.Count);
    }

    private int Execute(string sql) => Run(sql, command => command.ExecuteNonQuery());

    private long Count(string table) => Run($"SELECT count(*) FROM {table}", command => (long)command.ExecuteScalar()!);

    private T Run<T>(string sql, Func<SqliteCommand, T> run)
    {
        using var connection = new SqliteConnection($"Data Source={Options.Path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return run(command);
    }
}
