namespace Weir.Connectors.Tests;

using System.Collections.Concurrent;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>Appends without a producer: boundaries, stamps, refusals, notifications.</summary>
public abstract partial class EventLogContract
{
    [ContractFact]
    public async Task Append_keeps_boundaries_kinds_and_order()
    {
        AppendResult result = await AppendAsync(
            P0, Events.Batch("a", "b"), Events.Tick(), Events.Batch("c"), Events.Advance(77), Events.Advance(-5));
        await AppendAsync(P0, Events.Batch("", "d"));

        Assert.Equal((0L, 6L, false), (result.From, result.Next, result.WasDuplicate));
        string[] expected =
            ["[0,2) a b", "[2,3) Tick", "[3,4) c", "[4,5) Advance 77", "[5,6) Advance -5", "[6,8)  d"];
        Assert.Equal(expected, await ReadAllAsync(P0));
        await ReopenAsync();
        Assert.Equal(expected, await ReadAllAsync(P0));
        Assert.Empty(await ReadAllAsync(P1));
    }

    [ContractFact]
    public async Task Append_keeps_the_schema_of_each_batch()
    {
        NewBatch batch = Events.Batch("a");
        await AppendAsync(P0, batch with { Schema = "X:1" }, batch with { Schema = "Y:2" }, Events.Tick(), batch);
        await ReopenAsync();
        await AppendAsync(P0, batch with { Schema = "Z:1" }, batch with { Schema = "X:1" });

        List<EventBatch> batches = await ReadBatchesAsync(P0, 0, ReadLimits.Default);

        Assert.Equal(["X:1", "Y:2", "", Events.Schema, "Z:1", "X:1"], batches.Select(read => read.Schema));
        Assert.Equal([1, 1, 0, 1, 1, 1], batches.Select(read => read.Count));
    }

    [ContractFact]
    public async Task Stamps_are_the_clock_but_never_fall()
    {
        long start = Clock.Milliseconds;
        AppendResult first = await AppendAsync(P0, Events.Batch("a"), Events.Tick());
        Clock.Move(TimeSpan.FromMilliseconds(-500));
        AppendResult second = await AppendAsync(P0, Events.Batch("b"));
        AppendResult other = await AppendAsync(P1, Events.Batch("b"));
        await ReopenAsync();
        await AppendAsync(P0, Events.Batch("c"));
        Clock.Move(TimeSpan.FromMilliseconds(700));
        await AppendAsync(P0, Events.Batch("d"));

        List<EventBatch> batches = await ReadBatchesAsync(P0, 0, ReadLimits.Default);

        Assert.Equal([0, 0, 0, 0, 200], batches.Select(batch => batch.Stamp.Milliseconds - start));
        Assert.Equal((start, start), (first.Stamp.Milliseconds, second.Stamp.Milliseconds));
        Assert.Equal(start - 500, other.Stamp.Milliseconds);
        Assert.Equal(new EventTime(start + 200), (await Log.DescribeAsync(P0)).Stamp);
    }

    [ContractFact]
    public async Task Describe_counts_payload_bytes_and_offsets()
    {
        NewBatch batch = Events.Batch("abc", "d");
        await AppendAsync(P0, batch, Events.Tick());

        PartitionInfo info = await Log.DescribeAsync(P0);

        Assert.Equal((0L, 3L, (long)batch.Payload.Length, false), (info.First, info.Next, info.Bytes, info.IsSealed));
    }

    [ContractFact]
    public async Task Expected_next_guards_the_end()
    {
        AppendRequest request = new() { Partition = P0, Batches = [Events.Batch("a", "b")], ExpectedNext = 0 };
        await Log.AppendAsync(request);

        await AssertFailsAsync(EventLogError.OffsetConflict, () => Log.AppendAsync(request));
        await Log.AppendAsync(request with { ExpectedNext = 2 });

        Assert.Equal(["[0,2) a b", "[2,4) a b"], await ReadAllAsync(P0));
    }

    [ContractFact]
    public async Task Wrong_batches_are_refused_and_nothing_is_stored()
    {
        NewBatch good = Events.Batch("a");
        NewBatch[] wrong =
        [
            good with { Count = 0 },
            good with { Count = -1 },
            good with { Count = 3 },
            good with { Payload = default },
            good with { Kind = BatchKind.Tick },
            good with { Kind = BatchKind.End },
            new NewBatch { Kind = BatchKind.End },
            new NewBatch { Kind = (BatchKind)9 },
            Events.Tick() with { Count = 1 },
        ];
        foreach (NewBatch batch in wrong)
            await AssertFailsAsync(EventLogError.InvalidRequest, () => AppendAsync(P0, good, batch));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => AppendAsync(P0));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => SendAsync("p", -1, good));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => SendAsync("", 0, good));

        Assert.Equal(0, (await Log.DescribeAsync(P0)).Next);
    }

    [ContractFact]
    public async Task Large_appends_and_large_batches_keep_their_boundaries()
    {
        NewBatch[] batches = [.. Enumerable.Range(0, 300).Select(i => Events.Batch(new string('x', 10_000), $"{i}"))];
        NewBatch huge = Events.Batch(new string('y', 3_000_000), "z");

        await AppendAsync(P0, [.. batches, huge, Events.Tick()]);
        await ReopenAsync();
        List<EventBatch> read = await ReadBatchesAsync(P0, 0, ReadLimits.Default);

        Assert.Equal(302, read.Count);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), read.Take(300).Select(b => Events.Texts(b)[1]));
        Assert.True(read[300].Payload.Span.SequenceEqual(huge.Payload.Span));
        Assert.Equal((602L, 603L, BatchKind.Tick), (read[301].From, read[301].Next, read[301].Kind));
    }

    [ContractFact]
    public async Task Thousands_of_small_batches_in_one_call_stay_apart()
    {
        NewBatch[] batches = [.. Enumerable.Range(0, 5000).Select(i => Events.Numbers(i * 3, 3))];

        await AppendAsync(P0, batches);

        List<EventBatch> read = await ReadBatchesAsync(P0, 0, ReadLimits.Default);
        Assert.Equal(5000, read.Count);
        Assert.Equal(Enumerable.Range(0, 15_000).Select(i => $"{i}"), read.SelectMany(Events.Texts));
    }

    [ContractFact]
    public async Task Watch_tells_the_new_end_until_it_is_disposed()
    {
        var seen = new ConcurrentQueue<(TopicPartition, long)>();
        using var told = new SemaphoreSlim(0);
        IDisposable failing = Log.Watch((_, _) => throw new InvalidOperationException("A watcher must not matter."));
        IDisposable watching = Log.Watch((partition, next) =>
        {
            seen.Enqueue((partition, next));
            told.Release();
        });

        await AppendAsync(P1, Events.Batch("a", "b"));
        await told.WaitAsync();
        watching.Dispose();
        await AppendAsync(P1, Events.Batch("c"));
        await AppendAsync(P0, Events.Batch("c"));
        failing.Dispose();

        Assert.Equal([(P1, 2L)], seen);
    }

    [ContractFact]
    public async Task A_cancelled_append_says_so()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Log.AppendAsync(
            new AppendRequest { Partition = P0, Batches = [Events.Tick()] }, new CancellationToken(canceled: true)));

        Assert.Empty(await ReadAllAsync(P0));
    }
}
