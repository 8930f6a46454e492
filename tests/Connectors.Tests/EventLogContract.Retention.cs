namespace Weir.Connectors.Tests;

using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Truncation, retention and pins.</summary>
public abstract partial class EventLogContract
{
    [ContractFact]
    public async Task Truncate_removes_whole_batches_below_an_offset()
    {
        await AppendAsync(P0, Events.Batch("a"), Events.Batch("b", "c"), Events.Batch("d"));
        await AppendAsync(P0, Events.Batch("e", "f"));

        await Log.TruncateAsync(P0, 2);
        await AssertStartAsync("[1,3) b c", bytes: 10);
        await Log.TruncateAsync(P0, 3);
        await AssertStartAsync("[3,4) d", bytes: 6);
        await Log.TruncateAsync(P0, 5);
        await AssertStartAsync("[4,6) e f", bytes: 4);
        await Log.TruncateAsync(P0, 1);
        await AssertStartAsync("[4,6) e f", bytes: 4);
        await AssertFailsAsync(EventLogError.OffsetExpired, () => Log.ReadAsync(P0, 3, ReadLimits.Default));
    }

    [ContractFact]
    public async Task An_emptied_partition_keeps_its_position_and_its_producers()
    {
        await SendAsync("p", 0, Events.Batch("a", "b"));
        Clock.Move(TimeSpan.FromSeconds(-100));
        await Log.TruncateAsync(P0, 1000);
        await ReopenAsync();

        PartitionInfo info = await Log.DescribeAsync(P0);
        Assert.Equal((2L, 2L, 0L), (info.First, info.Next, info.Bytes));
        Assert.True((await SendAsync("p", 0, Events.Batch("a", "b"))).WasDuplicate);
        AppendResult next = await SendAsync("p", 2, Events.Batch("c"));
        Assert.Equal((2L, info.Stamp), (next.From, next.Stamp));
        Assert.Equal(["[2,3) c"], await ReadAllAsync(P0, 2));
    }

    [ContractFact]
    public async Task Pins_hold_removal_back_until_all_are_released()
    {
        if (!Log.Capabilities.Pins)
            return;
        await AppendAsync(P0, [.. Enumerable.Range(0, 10).Select(i => Events.Batch($"{i}"))]);
        await Log.PinAsync("a", P0, 3);
        await Log.PinAsync("b", P0, 5);
        await Log.PinAsync("a", P1, 0);
        await ReopenAsync();

        await Log.TruncateAsync(P0, 8);
        Assert.Equal(3, (await Log.DescribeAsync(P0)).First);
        await AssertFailsAsync(EventLogError.OffsetExpired, () => Log.PinAsync("c", P0, 2));
        await Log.PinAsync("a", P0, 7);
        await Log.TruncateAsync(P0, 8);
        Assert.Equal(5, (await Log.DescribeAsync(P0)).First);
        await Log.ReleasePinAsync("b");
        await Log.ReleasePinAsync("b");
        await Log.TruncateAsync(P0, 8);
        Assert.Equal(7, (await Log.DescribeAsync(P0)).First);
        await Log.ReleasePinAsync("a");
        await Log.TruncateAsync(P0, 8);
        Assert.Equal(8, (await Log.DescribeAsync(P0)).First);
    }

    [ContractFact]
    public async Task A_pin_inside_a_batch_keeps_the_batch()
    {
        if (!Log.Capabilities.Pins)
            return;
        await AppendAsync(P0, Events.Batch("a"), Events.Batch("b", "c", "d"), Events.Batch("e"));
        await Log.PinAsync("a", P0, 2);

        await Log.TruncateAsync(P0, 5);

        Assert.Equal(1, (await Log.DescribeAsync(P0)).First);
    }

    [ContractFact]
    public async Task Retention_by_age_removes_what_is_older()
    {
        await CreateAsync("aged", 2, new RetentionPolicy { Age = TimeSpan.FromSeconds(10) });
        TopicPartition aged = new("aged", 0);
        for (int second = 0; second < 5; second++)
        {
            await AppendAsync(aged, Events.Batch($"{second}"), Events.Tick());
            await AppendAsync(P0, Events.Tick());
            Clock.Move(TimeSpan.FromSeconds(1));
        }

        Clock.Move(TimeSpan.FromSeconds(7));
        await Log.ApplyRetentionAsync();
        Assert.Equal(4, (await Log.DescribeAsync(aged)).First);
        Assert.Equal(0, (await Log.DescribeAsync(P0)).First);
        Clock.Move(TimeSpan.FromSeconds(100));
        await Log.ApplyRetentionAsync();
        PartitionInfo info = await Log.DescribeAsync(aged);
        Assert.Equal((10L, 10L, 0L), (info.First, info.Next, info.Bytes));
    }

    [ContractFact]
    public async Task Retention_by_bytes_removes_the_oldest_batches()
    {
        await CreateAsync("sized", 1, new RetentionPolicy { BytesPerPartition = 20 });
        TopicPartition sized = new("sized", 0);
        await AppendAsync(sized, [.. Enumerable.Range(0, 10).Select(i => Events.Batch($"{i}", "x"))]);
        await AppendAsync(sized, [.. Enumerable.Range(10, 3).Select(i => Events.Batch($"{i}"))]);

        await Log.ApplyRetentionAsync();

        PartitionInfo info = await Log.DescribeAsync(sized);
        Assert.Equal((16L, 23L, 17L), (info.First, info.Next, info.Bytes));
        await ReopenAsync();
        Assert.Equal(
            ["[16,18) 8 x", "[18,20) 9 x", "[20,21) 10", "[21,22) 11", "[22,23) 12"], await ReadAllAsync(sized, 16));
    }

    [ContractFact]
    public async Task The_end_batch_stays()
    {
        await CreateAsync("aged", 1, new RetentionPolicy { Age = TimeSpan.FromSeconds(1), BytesPerPartition = 0 });
        TopicPartition aged = new("aged", 0);
        await AppendAsync(aged, Events.Batch("a"));
        await Log.SealAsync("aged");
        Clock.Move(TimeSpan.FromDays(1));

        await Log.ApplyRetentionAsync();
        await Log.TruncateAsync(aged, 100);

        Assert.Equal(["[1,2) End"], await ReadAllAsync(aged, 1));
    }

    [ContractFact]
    public async Task Many_small_appends_are_removed_as_well()
    {
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => AppendAsync(P0, Events.Batch("x"))));

        await Log.TruncateAsync(P0, 990);

        Assert.Equal(10, (await ReadBatchesAsync(P0, 990, ReadLimits.Default)).Count);
        Assert.Equal(20, (await Log.DescribeAsync(P0)).Bytes);
    }

    [ContractFact]
    public async Task A_producer_outlives_its_events_and_is_refused_when_it_expired()
    {
        await SendAsync("p", 0, Events.Batch("a", "b"));
        await SendAsync("q", 0, Events.Batch("c"));
        Clock.Move(TimeSpan.FromDays(400));
        await Log.ApplyRetentionAsync();
        Assert.Equal(1, await Log.LastSequenceAsync("p", P0));

        await Log.TruncateAsync(P0, 2);
        await Log.ApplyRetentionAsync();

        Assert.Null(await Log.LastSequenceAsync("p", P0));
        Assert.Equal(0, await Log.LastSequenceAsync("q", P0));
        await AssertFailsAsync(EventLogError.SequenceGap, () => SendAsync("p", 2, Events.Batch("d")));
        await SendAsync("q", 1, Events.Batch("d"));
    }

    private async Task AssertStartAsync(string batch, long bytes)
    {
        PartitionInfo info = await Log.DescribeAsync(P0);
        List<EventBatch> batches = await ReadBatchesAsync(P0, info.First, ReadLimits.Default);
        Assert.Equal((batch, bytes), (Events.Show(batches[0]), info.Bytes));
    }
}
