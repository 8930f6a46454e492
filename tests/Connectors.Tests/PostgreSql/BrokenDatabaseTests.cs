namespace Weir.Connectors.Tests.PostgreSql;

using System.Diagnostics;
using Npgsql;
using Weir.Connectors.PostgreSql;
using Weir.Connectors.Tests.Ado;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>The database goes away in every way; nothing is lost, nothing is there twice, and it goes on by itself.
/// </summary>
public sealed class BrokenDatabaseTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly TopicPartition P0 = SharedLog.P0;

    [PostgreSqlFact]
    public async Task Commits_whose_answers_are_lost_are_stored_once()
    {
        await using var proxy = new CuttingProxy(Port);
        await using SharedLog shared = await SharedLog.OpenAsync(Through(proxy), 2);
        proxy.LosesAnswerOfEvery = 3;

        int[] failures = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(who => Task.Run(() => SendAllAsync(shared, who, 60))));

        proxy.LosesAnswerOfEvery = 0;
        Assert.True(proxy.Cuts >= 10, $"{proxy.Cuts} answers were lost");
        Assert.True(failures.Sum() >= 10, $"{failures.Sum()} requests failed");
        await AssertStoredOnceAsync(shared, senders: 4, each: 60);
    }

    [PostgreSqlFact]
    public async Task Connections_that_break_at_any_time_lose_and_repeat_nothing()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        using var end = new CancellationTokenSource();
        Task breaking = BreakAsync(end.Token);
        Task<List<string>> following = Task.Run(() => FollowAsync(shared[1], 4 * 150));

        int[] failures = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(who => Task.Run(() => SendAllAsync(shared, who, 150))));
        List<string> followed = await following.WaitAsync(Limit);

        await end.CancelAsync();
        await breaking;
        Assert.True(failures.Sum() > 0);
        Assert.Equal(await AssertStoredOnceAsync(shared, senders: 4, each: 150), followed);
    }

    [PostgreSqlFact]
    public async Task A_server_that_crashes_and_comes_back_is_used_again()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        Task<int>[] sending =
            [.. Enumerable.Range(0, 4).Select(who => Task.Run(() => SendAllAsync(shared, who, 1500)))];
        Task<List<string>> following = Task.Run(() => FollowAsync(shared[1], 4 * 1500));

        for (int i = 0; i < 3; i++)
        {
            long before = await EndAsync(shared[0]);
            await UntilAsync(async () => await EndAsync(shared[0]) > before + 20);
            await server.CrashAsync();
            await AssertUnavailableAsync(shared);
            await server.StartAgainAsync();
        }

        int failures = (await Task.WhenAll(sending).WaitAsync(Limit)).Sum();
        Assert.True(failures > 0);
        Assert.Equal(
            await AssertStoredOnceAsync(shared, senders: 4, each: 1500), await following.WaitAsync(Limit));
        Assert.InRange(await ConnectionsAsync(shared), 2, 2 * shared.Options.MaxConnections);
    }

    [PostgreSqlFact]
    public async Task A_network_that_swallows_everything_is_given_up_in_time_and_used_again()
    {
        await using var proxy = new CuttingProxy(Port);
        await using SharedLog shared = await SharedLog.OpenAsync(
            Through(proxy), 1, options => options with { Timeout = TimeSpan.FromSeconds(1) });
        await shared[0].AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")));
        await shared[0].ReadAsync(P0, 0, ReadLimits.Default);

        proxy.Freeze();
        long began = Stopwatch.GetTimestamp();
        await AssertUnavailableAsync(shared);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
        proxy.Thaw();

        await UntilAsync(async () =>
        {
            try
            {
                await shared[0].AppendAsync(SharedLog.Send("p", 1, Events.Batch("b")));
                return true;
            }
            catch (EventLogException failure) when (failure.Error == EventLogError.Unavailable)
            {
                return false;
            }
        });
        Assert.Equal(["a", "b"], await SharedLog.ReadTextsAsync(shared[0]));
    }

    [PostgreSqlFact]
    public async Task Another_process_that_holds_a_partition_for_ever_makes_it_unavailable_not_stuck()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);

        // Patient enough for a slow machine in all but what is held.
        PostgreSqlEventLog patient = shared[0];
        PostgreSqlEventLog waiting = await shared.AddAsync(options => options with { Timeout = TimeSpan.FromSeconds(3) });
        await using HeldPartition held = await HeldPartition.TakeAsync(shared);

        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(
            () => waiting.AppendAsync(SharedLog.Send("p", 0, Events.Batch("a"))));
        Assert.Equal(EventLogError.Unavailable, failure.Error);
        await waiting.AppendAsync(new AppendRequest { Partition = new("topic", 1), Batches = [Events.Tick()] });
        await held.ReleaseAsync();

        await waiting.AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")));
        Assert.Equal(["a"], await SharedLog.ReadTextsAsync(patient));
    }

    [PostgreSqlFact]
    public async Task What_is_appended_while_nobody_could_listen_is_told_after()
    {
        await using var proxy = new CuttingProxy(Port);
        await using SharedLog shared = await SharedLog.OpenAsync(
            server, 1, options => options with { PollInterval = TimeSpan.FromHours(1) });
        await using PostgreSqlEventLog behind = await PostgreSqlEventLog.OpenAsync(
            shared.Options with { ConnectionString = Through(proxy), Timeout = TimeSpan.FromSeconds(1) });
        var told = new SemaphoreSlim(0);
        using IDisposable watching = behind.Watch((_, _) => told.Release());
        await shared[0].AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")));
        Assert.True(await told.WaitAsync(Limit));

        await CutAllAsync(shared);
        await shared[0].AppendAsync(SharedLog.Send("p", 1, Events.Batch("b")));

        Assert.True(await told.WaitAsync(Limit));
        await UntilAsync(async () => (await behind.ReadAsync(P0, 1, ReadLimits.Default)).Next == 2);
    }

    [PostgreSqlFact]
    public async Task A_lost_notification_is_made_up_for_by_the_next_look()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(
            server, 2, options => options with { PollInterval = TimeSpan.FromMilliseconds(100) });
        var told = new SemaphoreSlim(0);
        using IDisposable watching = shared[1].Watch((_, next) =>
        {
            Assert.Equal(5, next);
            told.Release();
        });

        // As an append whose notification did not come.
        await shared.ExecuteAsync("UPDATE partitions SET next_offset = 5 WHERE number = 0");

        Assert.True(await told.WaitAsync(Limit));
    }

    internal static async Task<int> SendAllAsync(SharedLog shared, int who, int count)
    {
        var random = new Random(who);
        int failures = 0;
        for (int done = 0; done < count;)
        {
            int end = Math.Min(count, done + random.Next(1, 4));
            AppendRequest request = SharedLog.Send(
                $"p{who}", done, Events.Batch(Enumerable.Range(done, end - done).Select(n => $"{who}:{n}")));
            try
            {
                await shared[random.Next(2)].AppendAsync(request);
                done = end;
            }
            catch (EventLogException failure)
            {
                Assert.Equal((EventLogError.Unavailable, failure.Message), (failure.Error, failure.Message));
                failures++;
            }
        }

        return failures;
    }

    private int Port => new NpgsqlConnectionStringBuilder(server.ConnectionString).Port;

    private string Through(CuttingProxy proxy) =>
        new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = proxy.Port }.ToString();

    private static async Task<List<string>> AssertStoredOnceAsync(SharedLog shared, int senders, int each)
    {
        List<string> texts = await SharedLog.ReadTextsAsync(shared[0]);
        ILookup<string, string> all = texts.ToLookup(text => text[..2]);
        for (int i = 0; i < senders; i++)
            Assert.Equal(Enumerable.Range(0, each).Select(n => $"{i}:{n}"), all[$"{i}:"]);
        Assert.Equal(senders * each, texts.Count);
        return texts;
    }

    private static async Task AssertUnavailableAsync(SharedLog shared)
    {
        foreach (Func<Task> action in (Func<Task>[])
            [
                () => shared[0].AppendAsync(new AppendRequest { Partition = P0, Producer = "q", Batches = [Events.Tick()] }),
                () => shared[0].DescribeAsync(P0),
                () => shared[0].ReadAsync(P0, 0, ReadLimits.Default),
                () => shared[0].ListTopicsAsync(),
                () => shared[0].PinAsync("pin", P0, 0),
                () => shared[0].SealAsync("topic"),
            ])
            Assert.Equal(
                EventLogError.Unavailable, (await Assert.ThrowsAsync<EventLogException>(action)).Error);
    }

    /// <summary>Reads as appends are told until so many events were seen.</summary>
    private static async Task<List<string>> FollowAsync(PostgreSqlEventLog log, int events)
    {
        var told = new SemaphoreSlim(1);
        using IDisposable watching = log.Watch((_, _) => told.Release());
        var seen = new List<string>();
        for (long from = 0; seen.Count < events;)
        {
            Assert.True(await told.WaitAsync(Limit));
            try
            {
                for (LogFetch fetch; (fetch = await log.ReadAsync(P0, from, ReadLimits.Default)).Next > from;)
                {
                    Assert.Equal(from, fetch.From);
                    seen.AddRange(fetch.Batches.SelectMany(Events.Texts));
                    from = fetch.Next;
                }
            }
            catch (EventLogException failure) when (failure.Error == EventLogError.Unavailable)
            {
                told.Release();
            }
        }

        return seen;
    }

    private static async Task<long> EndAsync(PostgreSqlEventLog log)
    {
        try
        {
            return (await log.DescribeAsync(P0)).Next;
        }
        catch (EventLogException failure) when (failure.Error == EventLogError.Unavailable)
        {
            return -1;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        long began = Stopwatch.GetTimestamp();
        while (!await condition() && Stopwatch.GetElapsedTime(began) < Limit)
            await timer.WaitForNextTickAsync();
        Assert.True(await condition());
    }

    private static Task<long> ConnectionsAsync(SharedLog shared) => shared.ExecuteAsync(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");

    private static Task<long> CutAllAsync(SharedLog shared) => shared.ExecuteAsync(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        + "AND backend_type = 'client backend'");

    private async Task BreakAsync(CancellationToken end)
    {
        await using var connection = new NpgsqlConnection($"{server.ConnectionString};Pooling=false");
        await connection.OpenAsync(CancellationToken.None);
        await using var kill = new NpgsqlCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            + "AND backend_type = 'client backend' AND random() < 0.1",
            connection);
        while (!end.IsCancellationRequested)
            await kill.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
