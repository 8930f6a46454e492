namespace Weir.Connectors.Tests.PostgreSql;

using Weir.Connectors.PostgreSql;
using Weir.Connectors.Tests.Ado;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>What the log on PostgreSQL does with groups, damage, a full disk and what its tables cannot hold.</summary>
public sealed class StoredRowsTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly TopicPartition P0 = SharedLog.P0;

    [PostgreSqlFact]
    public async Task A_refused_request_does_not_disturb_its_group()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1, options => options with { AppendConnections = 1 });
        PostgreSqlEventLog log = shared[0];
        await using HeldPartition held = await HeldPartition.TakeAsync(shared);
        Task<AppendResult> first = log.AppendAsync(new AppendRequest { Partition = P0, Batches = [Events.Tick()] });
        await held.UntilAwaitedAsync();
        Task<AppendResult>[] sent =
        [
            log.AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")) with { ProducerEpoch = 2 }),
            log.AppendAsync(SharedLog.Send("p", 1, Events.Batch("x")) with { ProducerEpoch = 1 }),
            log.AppendAsync(SharedLog.Send("p", 5, Events.Batch("x")) with { ProducerEpoch = 2 }),
            log.AppendAsync(SharedLog.Send("p", 0, Events.Batch("a", "b")) with { ProducerEpoch = 2 }),
            log.AppendAsync(new AppendRequest { Partition = new("no", 0), Batches = [Events.Tick()] }),
            log.AppendAsync(new AppendRequest { Partition = P0, ExpectedNext = 7, Batches = [Events.Tick()] }),
            log.AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")) with { ProducerEpoch = 2 }),
            log.AppendAsync(new AppendRequest { Partition = P0, Batches = [Events.Batch("c")] }),
        ];

        await held.ReleaseAsync();
        await first;

        Assert.Equal(
            ["[1,2)", "Fenced", "SequenceGap", "[1,3)", "UnknownTopic", "OffsetConflict", "[1,2) again", "[3,4)"],
            await Task.WhenAll(sent.Select(OutcomeAsync)));
        Assert.Equal(["a", "b", "c"], await SharedLog.ReadTextsAsync(log));
        // The requests of the second group share one transaction.
        Assert.Equal(1, await shared.ExecuteAsync(
            "SELECT count(DISTINCT xmin::text) FROM chunks WHERE next_offset > 1"));
    }

    [PostgreSqlFact]
    public async Task A_waiting_append_can_be_cancelled_and_a_full_queue_refuses()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(
            server, 1, options => options with { AppendConnections = 1, MaxQueuedRequests = 2 });
        await using HeldPartition held = await HeldPartition.TakeAsync(shared);
        var request = new AppendRequest { Partition = P0, Batches = [Events.Tick()] };
        using var cancellation = new CancellationTokenSource();
        Task<AppendResult> first = shared[0].AppendAsync(request);
        await held.UntilAwaitedAsync();
        Task<AppendResult> cancelled = shared[0].AppendAsync(
            request with { Batches = [Events.Batch("x")] }, cancellation.Token);
        Task<AppendResult> last = shared[0].AppendAsync(request);
        Task<AppendResult> refused = shared[0].AppendAsync(request);
        await cancellation.CancelAsync();

        await held.ReleaseAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(
            ["[0,1)", "[1,2)", "Unavailable"], await Task.WhenAll(new[] { first, last, refused }.Select(OutcomeAsync)));
        Assert.Empty(await SharedLog.ReadTextsAsync(shared[0]));
    }

    [PostgreSqlTheory]
    [InlineData("UPDATE chunks SET body = overlay(body PLACING '\\x6263'::bytea FROM length(body) - 1) WHERE from_offset = 1")]
    [InlineData("UPDATE chunks SET stamp = stamp + 1 WHERE from_offset = 1")]
    [InlineData("UPDATE chunks SET partition = partition + 1 WHERE from_offset = 1")]
    [InlineData("DELETE FROM chunks WHERE from_offset = 1")]
    public async Task Changed_and_missing_rows_are_found_when_read(string damage)
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        foreach (string text in new[] { "aaaa", "bbbb", "cccc" })
            await shared[0].AppendAsync(new AppendRequest { Partition = P0, Batches = [Events.Batch(text)] });
        await shared.ExecuteAsync(damage);

        LogFetch good = await shared[0].ReadAsync(P0, 0, ReadLimits.Default);

        Assert.Equal(["[0,1) aaaa"], good.Batches.Select(Events.Show));
        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(
            () => shared[0].ReadAsync(P0, 1, ReadLimits.Default));
        Assert.Equal(EventLogError.Corrupt, failure.Error);
        Assert.Equal(["[2,3) cccc"], (await shared[0].ReadAsync(P0, 2, ReadLimits.Default)).Batches.Select(Events.Show));
    }

    [PostgreSqlFact]
    public async Task A_changed_producer_is_found_and_fails_only_what_it_appends()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        await shared[0].AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")));
        await shared.ExecuteAsync("UPDATE producers SET epoch = 7");

        string[] outcomes = await Task.WhenAll(
            OutcomeAsync(shared[0].AppendAsync(SharedLog.Send("p", 1, Events.Batch("b")))),
            OutcomeAsync(shared[0].AppendAsync(SharedLog.Send("q", 0, Events.Batch("c")))));

        Assert.Equal(["Corrupt", "[1,2)"], outcomes);
    }

    [PostgreSqlFact]
    public async Task A_lost_end_is_found_by_what_is_appended_or_read()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        await shared[0].AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")));
        await shared[0].AppendAsync(SharedLog.Send("p", 1, Events.Batch("b")));
        await shared.ExecuteAsync("UPDATE partitions SET next_offset = 1 WHERE number = 0");

        Assert.Equal("Corrupt", await OutcomeAsync(shared[0].AppendAsync(SharedLog.Send("q", 0, Events.Batch("c")))));
    }

    [PostgreSqlTheory]
    [InlineData("UPDATE chunks SET producer_next = producer_next + 1 WHERE next_offset = 6")]
    [InlineData("UPDATE chunks SET producer = 'a' WHERE producer = 'b'")]
    [InlineData("DELETE FROM chunks WHERE next_offset = 10")]
    [InlineData("UPDATE chunks SET body = overlay(body PLACING '\\x00'::bytea FROM length(body)) WHERE next_offset = 6")]
    public async Task Damage_is_found_and_nothing_is_taken_back(string damage)
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        await shared[0].AppendAsync(SharedLog.Send("a", 0, Events.Numbers(0, 3)));
        await shared[0].AppendAsync(SharedLog.Send("a", 3, Events.Numbers(3, 3)));
        await shared[0].AppendAsync(SharedLog.Send("b", 0, Events.Numbers(0, 3)));
        await shared[0].AppendAsync(SharedLog.Send("a", 6, Events.Numbers(6, 1)));
        await shared.ExecuteAsync(damage);

        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(() => shared[0].SupersedeAsync(
            new SupersedeRequest { Partition = P0, Producer = "a", FromSequence = 1, Epoch = 5 }));

        Assert.Equal(EventLogError.Corrupt, failure.Error);
        LogFetch fetch = await shared[0].ReadAsync(P0, 0, new ReadLimits(1, 1));
        Assert.Equal(["0", "1", "2"], fetch.Batches.SelectMany(Events.Texts));
        Assert.Equal(6, await shared[0].LastSequenceAsync("a", P0));
    }

    [PostgreSqlFact]
    public async Task A_full_disk_refuses_appends_and_they_go_on_when_there_is_room()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        await shared.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON chunks EXECUTE FUNCTION refuse();
            """);

        Assert.Equal("Full", await OutcomeAsync(shared[0].AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")))));
        Assert.Equal(0, (await shared[0].DescribeAsync(P0)).Next);
        await shared.ExecuteAsync("DROP TRIGGER refuse ON chunks");

        Assert.Equal("[0,1)", await OutcomeAsync(shared[0].AppendAsync(SharedLog.Send("p", 0, Events.Batch("a")))));
    }

    [PostgreSqlTheory]
    [InlineData(0)]
    [InlineData(0xd800)]
    [InlineData(0xdc00)]
    public async Task Text_that_the_tables_cannot_hold_is_refused(int unit)
    {
        string text = $"a{(char)unit}b";
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        NewBatch batch = Events.Batch("a");
        foreach (Func<Task> action in (Func<Task>[])
            [
                () => shared[0].AppendAsync(SharedLog.Send(text, 0, batch)),
                () => shared[0].AppendAsync(SharedLog.Send("p", 0, batch with { Schema = text })),
                () => shared[0].PinAsync(text, P0, 0),
                () => shared[0].LastSequenceAsync(text, P0),
                () => shared[0].CreateTopicAsync(new TopicSpec { Name = "new", Partitions = 1, Schema = text }),
            ])
            Assert.Equal(
                EventLogError.InvalidRequest, (await Assert.ThrowsAsync<EventLogException>(action)).Error);
        Assert.Null(await shared[0].FindTopicAsync(text));
        await shared[0].AppendAsync(SharedLog.Send("\U0001f600", 0, batch));
        Assert.Equal(["\U0001f600"], await shared[0].ListProducersAsync(P0, ""));
    }

    [PostgreSqlFact]
    public async Task A_closed_log_refuses_and_can_be_closed_again()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        await shared[0].DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => shared[0].AppendAsync(SharedLog.Send("p", 0, Events.Batch("a"))));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => shared[0].DescribeAsync(P0));
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
}
