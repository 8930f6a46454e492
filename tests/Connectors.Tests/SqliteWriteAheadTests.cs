namespace Weir.Connectors.Tests;

using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;
using Weir.Connectors.Sqlite;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>The write-ahead log of the SQLite log: how long it gets while appends go on.</summary>
public sealed class SqliteWriteAheadTests : IDisposable
{
    private const int Pages = 16;
    private const int Senders = 8;
    private const int Appends = 60;
    private const int CanNotOpen = 14;
    private const int EventsOfAppend = 4000;

    // Six steps, and what is written during two copies, of which each lasts six steps at the most, with room to spare.
    private const long MostBytes = 4 * 6 * Pages * 8192;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TopicPartition Place = new("topic", 0);
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-log-").FullName;

    private string Database => Path.Combine(_folder, "log.db");

    private long WriteAheadBytes => new FileInfo(Database + "-wal").Length;

    [Fact]
    public async Task It_begins_anew_while_appends_go_on()
    {
        await using SqliteEventLog log = await OpenAsync();

        await AppendAsync(log);

        Assert.InRange(WriteAheadBytes, 1, MostBytes);
        Assert.True(new FileInfo(Database).Length > 2 * MostBytes, "too little was appended to see anything");
        await AssertHoldsAsync(log, rounds: 1);
    }

    [Fact]
    public async Task A_reader_that_stays_at_the_beginning_holds_up_nothing_but_that()
    {
        await using SqliteEventLog log = await OpenAsync();
        await AppendAsync(log);
        using (var reader = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            await reader.OpenAsync();
            await using var reading = reader.BeginTransaction(deferred: true);
            await using SqliteCommand count = reader.CreateCommand();
            count.CommandText = "SELECT count(*) FROM chunks";
            Assert.Equal(1L * Senders * Appends, await count.ExecuteScalarAsync());
            await AppendAsync(log);
            Assert.Equal(1L * Senders * Appends, await count.ExecuteScalarAsync());
        }

        long held = WriteAheadBytes;
        Assert.True(held > MostBytes, "the reader has not held it up");
        await AppendAsync(log);

        // It is written over from its beginning, and its file stays as long as it was.
        Assert.InRange(WriteAheadBytes, held, held + MostBytes);
        await AssertHoldsAsync(log, rounds: 3);
    }

    [Fact]
    public async Task What_was_answered_is_there_after_a_crash()
    {
        await using SqliteEventLog log = await OpenAsync();
        await AppendAsync(log);
        string crashed = Path.Combine(_folder, "crashed.db");
        File.Copy(Database, crashed);
        File.Copy(Database + "-wal", crashed + "-wal");

        await using SqliteEventLog again = await SqliteEventLog.OpenAsync(new SqliteEventLogOptions { Path = crashed });

        await AssertHoldsAsync(again, rounds: 1);
    }

    [Fact]
    public void A_copy_that_fails_is_made_again()
    {
        string folder = Path.Combine(_folder, "not there yet");
        using var failed = new ManualResetEventSlim();
        using var file = new LogFile(new SqliteEventLogOptions { Path = Path.Combine(folder, "log.db") });
        AppDomain.CurrentDomain.FirstChanceException += Notice;
        using var copier = new WriteAheadCopier(file, step: 1);
        try
        {
            copier.Add(1);
            Assert.True(failed.Wait(Limit), "the copy has not failed");
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Notice;
        }

        Directory.CreateDirectory(folder);
        using SqliteConnection writer = file.OpenWriter();
        LogFile.Execute(writer, "CREATE TABLE numbers (number INTEGER); INSERT INTO numbers VALUES (1);");
        Assert.Equal(LogFile.PageSize, new FileInfo(file.Path).Length);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                copier.Add(1);
                return new FileInfo(file.Path).Length >= 2 * LogFile.PageSize;
            },
            Limit));

        void Notice(object? sender, FirstChanceExceptionEventArgs args)
        {
            if (args.Exception is SqliteException { SqliteErrorCode: CanNotOpen }
                && Thread.CurrentThread.Name == WriteAheadCopier.ThreadName)
                failed.Set();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<SqliteEventLog> OpenAsync()
    {
        SqliteEventLog log = await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = Database, CheckpointPages = Pages });
        await log.CreateTopicAsync(new TopicSpec { Name = Place.Topic, Partitions = 1, Schema = Events.Schema });
        return log;
    }

    // Senders beside each other: the writer then never rests between two commits.
    private static Task AppendAsync(SqliteEventLog log) => Task.WhenAll(Enumerable.Range(0, Senders).Select(async sender =>
    {
        for (int i = 0; i < Appends; i++)
        {
            await log.AppendAsync(new AppendRequest
            {
                Partition = Place,
                Batches = [Events.Numbers(sender * 1_000_000L + i * EventsOfAppend, EventsOfAppend)],
            });
        }
    }));

    private static void Count(EventBatch batch, Dictionary<long, int> seen)
    {
        List<string> texts = Events.Texts(batch);
        for (int from = 0; from < texts.Count; from += EventsOfAppend)
        {
            long first = long.Parse(texts[from], CultureInfo.InvariantCulture);
            Assert.Equal(
                Enumerable.Range(0, EventsOfAppend).Select(i => (first + i).ToString(CultureInfo.InvariantCulture)),
                texts[from..(from + EventsOfAppend)]);
            seen[first] = seen.GetValueOrDefault(first) + 1;
        }
    }

    private static async Task AssertHoldsAsync(SqliteEventLog log, int rounds)
    {
        long next = 0;
        long end = 1L * rounds * Senders * Appends * EventsOfAppend;
        var seen = new Dictionary<long, int>();
        while (next < end)
        {
            LogFetch fetch = await log.ReadAsync(Place, next, ReadLimits.Default);
            Assert.NotEmpty(fetch.Batches);
            next = fetch.Batches[^1].Next;
            foreach (EventBatch batch in fetch.Batches)
                Count(batch, seen);
        }

        // Each append once for each round, with all that it holds.
        Assert.Equal(Senders * Appends, seen.Count);
        Assert.All(seen.Values, times => Assert.Equal(rounds, times));

        Assert.Equal(end, (await log.DescribeAsync(Place)).Next);
    }
}
