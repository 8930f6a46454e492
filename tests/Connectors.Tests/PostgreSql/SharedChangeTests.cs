namespace Weir.Connectors.Tests.PostgreSql;

using Weir.Connectors.PostgreSql;
using Weir.Connectors.Tests.Ado;
using Weir.Protocol.Logs;

/// <summary>Processes that change what is stored, beside others that append and read.</summary>
public sealed class SharedChangeTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly TopicPartition P0 = SharedLog.P0;

    [PostgreSqlFact]
    public async Task Taking_back_beside_an_older_incarnation_that_goes_on_leaves_what_was_kept_and_nothing_else()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        for (int round = 0; round < 15; round++)
        {
            string producer = $"p{round}";
            var begun = new TaskCompletionSource();
            Task<int> old = Task.Run(() => AppendUntilFencedAsync(shared[0], producer, begun));
            await begun.Task;

            await shared[1].SupersedeAsync(new SupersedeRequest
            {
                Partition = P0,
                Producer = producer,
                FromSequence = 3,
                Epoch = 2,
            });
            int answered = await old;

            Assert.True(answered >= 6);
            Assert.Equal(2, await shared[0].LastSequenceAsync(producer, P0));
            await shared[1].AppendAsync(
                SharedLog.Send(producer, 3, Events.Batch($"{producer}/new")) with { ProducerEpoch = 2 });
            List<string> texts = await SharedLog.ReadTextsAsync(shared[0]);
            Assert.Equal(
                [$"{producer}/0", $"{producer}/1", $"{producer}/2", $"{producer}/new"],
                texts.Where(text => text.StartsWith($"{producer}/", StringComparison.Ordinal)));
        }
    }

    [PostgreSqlFact]
    public async Task Readers_in_another_process_see_every_offset_as_it_was_or_taken_back()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        for (int i = 0; i < 50; i++)
        {
            await shared[0].AppendAsync(
                SharedLog.Send("a", i * 4, Events.Numbers(i * 4, 3), Events.Numbers((i * 4) + 3, 1)));
            await shared[0].AppendAsync(SharedLog.Send("b", i, Events.Batch("b")));
        }

        using var stop = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(() => ReadAsync(reader)))];
        for (int from = 195; from >= 0; from -= 5)
            Assert.Equal(5, await shared[0].SupersedeAsync(
                new SupersedeRequest { Partition = P0, Producer = "a", FromSequence = from, Epoch = 0 }));
        await stop.CancelAsync();
        await Task.WhenAll(readers);

        foreach (int reader in new[] { 0, 1 })
            Assert.All(await SharedLog.ReadTextsAsync(shared[reader], maxEvents: 2), text => Assert.Equal("b", text));

        async Task ReadAsync(int reader)
        {
            do
            {
                List<string> texts = await SharedLog.ReadTextsAsync(shared[1], maxEvents: 2 + (reader * 10));
                Assert.Equal(50, texts.Count(text => text == "b"));
                string[] numbers = [.. texts.Where(text => text != "b")];
                Assert.Equal(Enumerable.Range(0, numbers.Length).Select(i => $"{i}"), numbers);
            }
            while (!stop.IsCancellationRequested);
        }
    }

    [PostgreSqlFact]
    public async Task Reading_beside_removal_finds_batches_or_hears_that_they_are_gone()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        using var stop = new CancellationTokenSource();
        Task<int> reading = Task.Run(ReadAsync);
        for (int i = 0; i < 300; i++)
        {
            await shared[0].AppendAsync(SharedLog.Send("p", i * 3, Events.Numbers(i * 3, 2), Events.Numbers((i * 3) + 2, 1)));
            if (i % 3 == 0)
                await shared[i % 2].TruncateAsync(P0, (i * 3) - 5);
        }

        await stop.CancelAsync();
        Assert.True(await reading > 0);
        Assert.Equal(900, (await shared[1].DescribeAsync(P0)).Next);

        async Task<int> ReadAsync()
        {
            int reads = 0;
            for (long from = 0; !stop.IsCancellationRequested;)
            {
                try
                {
                    LogFetch fetch = await shared[1].ReadAsync(P0, from, new ReadLimits(4, 1000));
                    foreach (string text in fetch.Batches.SelectMany(Events.Texts))
                        Assert.InRange(int.Parse(text, null), fetch.From, fetch.Next - 1);
                    from = Math.Max(fetch.Next - 8, 0);
                    reads++;
                }
                catch (EventLogException gone) when (gone.Error == EventLogError.OffsetExpired)
                {
                    from = (await shared[1].DescribeAsync(P0)).First;
                }
            }

            return reads;
        }
    }

    [PostgreSqlFact]
    public async Task A_pin_beside_removal_holds_or_is_refused()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 2);
        for (int i = 0; i < 60; i++)
            await shared[0].AppendAsync(SharedLog.Send("p", i, Events.Numbers(i, 1)));
        for (int i = 1; i < 60; i++)
        {
            Task removing = shared[0].TruncateAsync(P0, i + 1);
            bool isPinned = true;
            try
            {
                await shared[1].PinAsync("pin", P0, i);
            }
            catch (EventLogException late) when (late.Error == EventLogError.OffsetExpired)
            {
                isPinned = false;
            }

            await removing;
            Assert.Equal(isPinned ? i : i + 1, (await shared[0].DescribeAsync(P0)).First);
            await shared[1].ReleasePinAsync("pin");
            await shared[1].TruncateAsync(P0, i + 1);
        }
    }

    /// <summary>A producer is known or it is not: what it is told holds, and nothing is stored twice.</summary>
    [PostgreSqlFact]
    public async Task Forgetting_producers_beside_their_appends_never_stores_anything_twice()
    {
        var clock = new ManualTime();
        await using SharedLog shared = await SharedLog.OpenAsync(
            server, 2, options => options with { TimeProvider = clock, ProducerExpiry = TimeSpan.FromSeconds(1) });
        for (int i = 0; i < 40; i++)
        {
            await shared[0].AppendAsync(SharedLog.Send($"p{i}", 0, Events.Batch($"{i}/0", $"{i}/1")));
            await shared[0].TruncateAsync(P0, long.MaxValue);
            clock.Move(TimeSpan.FromSeconds(10));
            Task forgetting = shared[1].ApplyRetentionAsync();
            await shared[0].AppendAsync(SharedLog.Send($"p{i}", 0, Events.Batch($"{i}/0", $"{i}/1", $"{i}/2")));
            await forgetting;
            List<string> texts = await SharedLog.ReadTextsAsync(shared[0], (await shared[0].DescribeAsync(P0)).First);
            string[] mine = [.. texts.Where(text => text.StartsWith($"{i}/", StringComparison.Ordinal))];
            // Forgotten first: all of it is new, as the producer begins at 0. Known: the stored part is left out.
            Assert.Contains(string.Join(' ', mine), new[] { $"{i}/2", $"{i}/0 {i}/1 {i}/2" });
            Assert.Equal(2, await shared[1].LastSequenceAsync($"p{i}", P0));
        }
    }

    [PostgreSqlFact]
    public async Task Retention_in_all_processes_at_once_removes_the_same()
    {
        var clock = new ManualTime();
        await using SharedLog shared = await SharedLog.OpenAsync(server, 3, options => options with { TimeProvider = clock });
        await shared[0].CreateTopicAsync(new TopicSpec
        {
            Name = "aged",
            Partitions = 3,
            Schema = Events.Schema,
            Retention = new RetentionPolicy { Age = TimeSpan.FromSeconds(10) },
        });
        for (int i = 0; i < 60; i++)
        {
            await shared[i % 3].AppendAsync(
                new AppendRequest { Partition = new("aged", i % 3), Batches = [Events.Numbers(i, 2), Events.Tick()] });
            clock.Move(TimeSpan.FromSeconds(1));
        }

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => shared[i % 3].ApplyRetentionAsync()));

        for (int partition = 0; partition < 3; partition++)
        {
            PartitionInfo info = await shared[partition].DescribeAsync(new TopicPartition("aged", partition));
            Assert.Equal(60, info.Next);
            Assert.InRange(info.First, 48, 51);
        }

        Assert.Equal(0, await shared.ExecuteAsync(
            "SELECT count(*) FROM chunks c JOIN partitions p ON p.id = c.partition WHERE c.next_offset <= p.first_offset"));
    }

    private static async Task<int> AppendUntilFencedAsync(PostgreSqlEventLog log, string producer, TaskCompletionSource begun)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                await log.AppendAsync(
                    SharedLog.Send(producer, i, Events.Batch($"{producer}/{i}")) with { ProducerEpoch = 1 });
            }
            catch (EventLogException fenced) when (fenced.Error == EventLogError.Fenced)
            {
                return i;
            }

            if (i == 5)
                begun.SetResult();
        }
    }
}
