namespace Weir.Connectors.Tests.PostgreSql;

using Weir.Connectors.Tests.Ado;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Several processes on one log, in each other's way.</summary>
public sealed class SharedLogTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TopicPartition P0 = SharedLog.P0;

    [PostgreSqlFact]
    public async Task Senders_that_repeat_themselves_in_several_processes_store_everything_once()
    {
        const int Senders = 6;
        const int Target = 200;
        await using SharedLog shared = await SharedLog.OpenAsync(server, 3);

        await Task.WhenAll(Enumerable.Range(0, Senders).Select(who => Task.Run(() => SendAsync(who))));

        List<string> texts = await SharedLog.ReadTextsAsync(shared[0]);
        ILookup<string, string> all = texts.ToLookup(text => text[..2]);
        for (int i = 0; i < Senders; i++)
            Assert.Equal(Enumerable.Range(0, Target).Select(n => $"{i}:{n}"), all[$"{i}:"]);
        Assert.Equal(texts, await SharedLog.ReadTextsAsync(shared[1], maxEvents: 7));
        Assert.Equal(Senders * Target, (await shared[2].DescribeAsync(P0)).Next);

        // One request goes to two processes at once, as when a grain has moved and its call was repeated.
        async Task SendAsync(int who)
        {
            var random = new Random(who);
            for (int done = 0; done < Target;)
            {
                int from = Math.Max(0, done - random.Next(0, 4));
                int end = Math.Min(Target, done + random.Next(1, 15));
                AppendRequest request = SharedLog.Send(
                    $"p{who}", from, Events.Batch(Enumerable.Range(from, end - from).Select(n => $"{who}:{n}")));
                AppendResult[] results = await Task.WhenAll(
                    shared[random.Next(3)].AppendAsync(request), shared[random.Next(3)].AppendAsync(request));
                Assert.Equal(1, results.Count(result => !result.WasDuplicate));
                done = end;
            }
        }
    }

    [PostgreSqlFact]
    public async Task Stamps_never_fall_whoever_appends()
    {
        var slow = new ManualTime();
        var fast = new ManualTime();
        fast.Move(TimeSpan.FromSeconds(5));
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1, options => options with { TimeProvider = slow });
        await shared.AddAsync(options => options with { TimeProvider = fast });

        foreach (int who in new[] { 0, 1, 0, 1, 0 })
            await shared[who].AppendAsync(new AppendRequest { Partition = P0, Batches = [Events.Tick()] });

        LogFetch fetch = await shared[0].ReadAsync(P0, 0, ReadLimits.Default);
        Assert.Equal([0, 5000, 5000, 5000, 5000],
            fetch.Batches.Select(batch => batch.Stamp.Milliseconds - slow.Milliseconds));
    }

    [PostgreSqlFact]
    public async Task A_reader_follows_what_another_process_appends()
    {
        const int Count = 200;
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        var told = new SemaphoreSlim(1);
        using IDisposable watching = shared[1].Watch((_, _) => told.Release());
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
                await shared[0].AppendAsync(SharedLog.Send("p", i, Events.Numbers(i, 1)));
        });

        var seen = new List<string>();
        for (long from = 0; from < Count;)
        {
            Assert.True(await told.WaitAsync(Limit));
            for (LogFetch fetch; (fetch = await shared[1].ReadAsync(P0, from, ReadLimits.Default)).Next > from;)
            {
                seen.AddRange(fetch.Batches.SelectMany(Events.Texts));
                from = fetch.Next;
            }
        }

        await sending;
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), seen);
    }

    [PostgreSqlFact]
    public async Task Nothing_new_is_not_said_for_longer_than_the_age_of_the_tail()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(
            server, 2, options => options with { TailAge = TimeSpan.Zero, PollInterval = TimeSpan.FromHours(1) });
        for (int i = 0; i < 50; i++)
        {
            Assert.Empty((await shared[1].ReadAsync(P0, i, ReadLimits.Default)).Batches);
            await shared[0].AppendAsync(SharedLog.Send("p", i, Events.Numbers(i, 1)));
            Assert.Equal(i + 1, (await shared[1].ReadAsync(P0, i, ReadLimits.Default)).Next);
        }
    }

    [PostgreSqlFact]
    public async Task Topics_are_found_sealed_deleted_and_created_again_across_processes()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        await shared[1].AppendAsync(SharedLog.Send("p", 0, Events.Batch("old")));
        Assert.Equal("topic", (await shared[1].FindTopicAsync("topic"))!.Name);
        await shared[1].SealAsync("topic");
        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(
            () => shared[0].AppendAsync(SharedLog.Send("p", 1, Events.Batch("new"))));
        Assert.Equal(EventLogError.Sealed, refusal.Error);

        await shared[0].DeleteTopicAsync("topic");
        foreach (Func<Task> action in (Func<Task>[])
            [
                () => shared[1].AppendAsync(SharedLog.Send("p", 1, Events.Batch("x"))),
                () => shared[1].DescribeAsync(P0),
                () => shared[1].ReadAsync(P0, 0, ReadLimits.Default),
                () => shared[1].LastSequenceAsync("p", P0),
                () => shared[1].TruncateAsync(P0, 1),
                () => shared[1].PinAsync("pin", P0, 0),
                () => shared[1].SealAsync("topic"),
            ])
            Assert.Equal(EventLogError.UnknownTopic, (await Assert.ThrowsAsync<EventLogException>(action)).Error);

        await shared[0].CreateTopicAsync(new TopicSpec { Name = "topic", Partitions = 1, Schema = Events.Schema });
        Assert.Equal(0, (await shared[1].AppendAsync(SharedLog.Send("p", 0, Events.Batch("new")))).From);
        Assert.Equal(["new"], await SharedLog.ReadTextsAsync(shared[1]));
        Assert.Equal(1, await shared.ExecuteAsync("SELECT count(*) FROM chunks"));
    }

    [PostgreSqlFact]
    public async Task A_topic_that_is_deleted_and_created_again_meanwhile_takes_what_is_appended()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        await shared[1].AppendAsync(SharedLog.Send("p", 0, Events.Batch("old")));
        await shared[0].DeleteTopicAsync("topic");
        await shared[0].CreateTopicAsync(new TopicSpec { Name = "topic", Partitions = 2, Schema = Events.Schema });

        AppendResult result = await shared[1].AppendAsync(SharedLog.Send("p", 0, Events.Batch("new")));

        Assert.Equal((0L, false), (result.From, result.WasDuplicate));
        Assert.Equal(["new"], await SharedLog.ReadTextsAsync(shared[0]));
    }

    [PostgreSqlFact]
    public async Task Many_processes_that_create_one_topic_get_the_same()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 3);
        var spec = new TopicSpec { Name = "new", Partitions = 5, Schema = Events.Schema };

        TopicInfo[] created = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => shared[i % 3].CreateTopicAsync(spec)));

        Assert.All(created, topic => Assert.Equal(created[0], topic));
        Assert.Equal(7, await shared.ExecuteAsync("SELECT count(*) FROM partitions"));
    }

    [PostgreSqlFact]
    public async Task A_schema_that_another_process_stored_is_read()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        NewBatch batch = Events.Batch("a");
        for (int i = 0; i < 5; i++)
        {
            await shared[0].AppendAsync(SharedLog.Send("p", 2 * i, batch with { Schema = $"A:{i}" }));
            await shared[1].AppendAsync(SharedLog.Send("p", (2 * i) + 1, batch with { Schema = $"B:{i}" }));
        }

        string[] expected = [.. Enumerable.Range(0, 5).SelectMany(i => new[] { $"A:{i}", $"B:{i}" })];
        foreach (int reader in new[] { 0, 1 })
        {
            LogFetch fetch = await shared[reader].ReadAsync(P0, 0, ReadLimits.Default);
            Assert.Equal(expected, fetch.Batches.Select(read => read.Schema));
        }
    }

    [PostgreSqlFact]
    public async Task Many_partitions_and_processes_never_wait_in_a_circle()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 3);
        await shared[0].CreateTopicAsync(new TopicSpec { Name = "wide", Partitions = 32, Schema = Events.Schema });

        await Task.WhenAll(Enumerable.Range(0, 3).SelectMany(log => Enumerable.Range(0, 32).Select(async number =>
        {
            for (int i = 0; i < 10; i++)
                await shared[log].AppendAsync(new AppendRequest
                {
                    Partition = new TopicPartition("wide", (number * (log + 7)) % 32),
                    Producer = $"{log}/{number}",
                    Sequence = i,
                    Batches = [Events.Numbers(i, 1)],
                });
        })));

        PartitionInfo[] ends = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(number => shared[0].DescribeAsync(new TopicPartition("wide", number))));
        Assert.Equal(3 * 32 * 10, ends.Sum(end => end.Next));
    }
}
