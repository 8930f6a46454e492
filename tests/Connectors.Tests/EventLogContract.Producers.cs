namespace Weir.Connectors.Tests;

using Weir.Protocol.Logs;

/// <summary>Producers: sequences, retries, epochs.</summary>
public abstract partial class EventLogContract
{
    [ContractFact]
    public async Task A_repeated_request_is_stored_once_and_answered_as_the_first()
    {
        AppendResult first = await SendAsync("p", 0, Events.Batch("a", "b"), Events.Tick());
        await AppendAsync(P0, Events.Batch("x"));
        AppendResult second = await SendAsync("p", 3, Events.Batch("c"));
        Clock.Move(TimeSpan.FromSeconds(1));

        AppendResult retry = await SendAsync("p", 0, Events.Batch("a", "b"), Events.Tick());
        await ReopenAsync();
        AppendResult later = await SendAsync("p", 0, Events.Batch("a", "b"), Events.Tick());
        AppendResult part = await SendAsync("p", 1, Events.Batch("b"));
        AppendResult both = await SendAsync("p", 0, Events.Batch("a", "b"), Events.Tick(), Events.Batch("c"));

        Assert.False(first.WasDuplicate);
        Assert.Equal(first with { WasDuplicate = true }, retry);
        Assert.Equal(retry, later);
        Assert.Equal((1L, 2L, true), (part.From, part.Next, part.WasDuplicate));
        Assert.Equal(new AppendResult(first.From, second.Next, second.Stamp, WasDuplicate: true), both);
        Assert.Equal(["[0,2) a b", "[2,3) Tick", "[3,4) x", "[4,5) c"], await ReadAllAsync(P0));
    }

    [ContractFact]
    public async Task Each_of_the_last_eight_requests_is_answered_exactly()
    {
        var results = new List<AppendResult>();
        for (int i = 0; i < 12; i++)
        {
            results.Add(await SendAsync("p", i * 2, Events.Numbers(i * 2, 2)));
            await AppendAsync(P0, Events.Tick());
            Clock.Move(TimeSpan.FromMilliseconds(1));
        }

        for (int i = 0; i < 12; i++)
        {
            AppendResult retry = await SendAsync("p", i * 2, Events.Numbers(i * 2, 2));
            Assert.Equal(results[i < 4 ? 11 : i] with { WasDuplicate = true }, retry);
        }
    }

    [ContractFact]
    public async Task The_stored_part_of_a_request_is_trimmed_inside_a_batch_too()
    {
        await SendAsync("p", 0, Events.Batch("a", "b", "c"), Events.Tick(), Events.Batch("d"));

        AppendResult result = await SendAsync(
            "p", 2, Events.Batch("c"), Events.Tick(), Events.Batch("d", "e", new string('f', 200)), Events.Batch("g"));

        Assert.Equal((2L, 8L, false), (result.From, result.Next, result.WasDuplicate));
        Assert.Equal(
            ["[0,3) a b c", "[3,4) Tick", "[4,5) d", $"[5,7) e {new string('f', 200)}", "[7,8) g"],
            await ReadAllAsync(P0));
    }

    [ContractFact]
    public async Task A_batch_that_cannot_be_trimmed_is_refused()
    {
        await SendAsync("p", 0, Events.Batch("a"));
        byte[] payload = [99, 1, 2, 3];

        await AssertFailsAsync(EventLogError.InvalidRequest, () =>
            SendAsync("p", 0, Events.Batch("a", "b") with { Payload = payload }));

        Assert.Equal(["[0,1) a"], await ReadAllAsync(P0));
        Assert.Equal(0, await Log.LastSequenceAsync("p", P0));
    }

    [ContractFact]
    public async Task A_gap_is_refused()
    {
        await AssertFailsAsync(EventLogError.SequenceGap, () => SendAsync("p", 1, Events.Batch("b")));
        await SendAsync("p", 0, Events.Batch("a", "b"));
        await AssertFailsAsync(EventLogError.SequenceGap, () => SendAsync("p", 3, Events.Batch("d")));

        await SendAsync("p", 2, Events.Batch("c"));

        Assert.Equal(["[0,2) a b", "[2,3) c"], await ReadAllAsync(P0));
    }

    [ContractFact]
    public async Task A_lower_epoch_is_fenced_and_sequences_go_on_in_a_higher_one()
    {
        await SendAsync("p", epoch: 1, 0, [Events.Batch("a")]);
        await SendAsync("p", epoch: 5, 1, [Events.Batch("b")]);

        await AssertFailsAsync(EventLogError.Fenced, () => SendAsync("p", epoch: 4, 2, [Events.Batch("c")]));
        await AssertFailsAsync(EventLogError.Fenced, () => SendAsync("p", epoch: 1, 0, [Events.Batch("a")]));
        await ReopenAsync();
        await AssertFailsAsync(EventLogError.Fenced, () => SendAsync("p", epoch: 4, 2, [Events.Batch("c")]));

        Assert.Equal(["[0,1) a", "[1,2) b"], await ReadAllAsync(P0));
    }

    [ContractFact]
    public async Task A_retry_under_a_higher_epoch_fences_too()
    {
        await SendAsync("p", epoch: 1, 0, [Events.Batch("a")]);
        Assert.True((await SendAsync("p", epoch: 2, 0, [Events.Batch("a")])).WasDuplicate);
        await ReopenAsync();

        await AssertFailsAsync(EventLogError.Fenced, () => SendAsync("p", epoch: 1, 1, [Events.Batch("b")]));
    }

    [ContractFact]
    public async Task Epochs_may_be_negative()
    {
        await SendAsync("p", epoch: -7, 0, [Events.Batch("a")]);
        await SendAsync("p", epoch: -7, 1, [Events.Batch("b")]);

        await AssertFailsAsync(EventLogError.Fenced, () => SendAsync("p", epoch: -8, 2, [Events.Batch("c")]));
    }

    [ContractFact]
    public async Task A_retry_passes_the_expected_offset()
    {
        var request = new AppendRequest
        {
            Partition = P0,
            Producer = "p",
            Batches = [Events.Batch("a", "b")],
            ExpectedNext = 0,
        };
        AppendResult first = await Log.AppendAsync(request);

        Assert.Equal(first with { WasDuplicate = true }, await Log.AppendAsync(request));
        await AssertFailsAsync(
            EventLogError.OffsetConflict,
            () => Log.AppendAsync(request with { Batches = [Events.Batch("a", "b", "c")] }));
    }

    [ContractFact]
    public async Task Last_sequence_is_kept_per_producer_and_partition()
    {
        await SendAsync("p", 0, Events.Batch("a", "b"), Events.Tick());
        await SendAsync("q", 0, Events.Batch("c"));
        await ReopenAsync();

        Assert.Equal(2, await Log.LastSequenceAsync("p", P0));
        Assert.Equal(0, await Log.LastSequenceAsync("q", P0));
        Assert.Null(await Log.LastSequenceAsync("p", P1));
        Assert.Null(await Log.LastSequenceAsync("r", P0));
    }
}
