namespace Weir.Connectors.Tests;

using CsCheck;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Taking back what a producer has appended.</summary>
public abstract partial class EventLogContract
{
    [ContractFact]
    public async Task What_is_taken_back_reads_as_a_tick_over_its_offsets()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await SendAsync("a", 0, Events.Batch("a0", "a1"), Events.Batch("a2", "a3", "a4"));
        await SendAsync("b", 0, Events.Batch("b0", "b1"));
        await SendAsync("a", 5, Events.Batch("a5"), Events.Tick(), Events.Batch("a7"));
        await SendAsync("b", 2, Events.Batch("b2"));
        List<EventBatch> before = await ReadBatchesAsync(P0, 0, ReadLimits.Default);

        Assert.Equal(5, await SupersedeAsync("a", 3));

        string[] expected = ["[0,2) a0 a1", "[2,3) a2", "[3,5) Tick", "[5,7) b0 b1", "[7,10) Tick", "[10,11) b2"];
        Assert.Equal(expected, await ReadAllAsync(P0));
        await ReopenAsync();
        List<EventBatch> after = await ReadBatchesAsync(P0, 0, ReadLimits.Default);
        Assert.Equal(expected, after.Select(Events.Show));
        Assert.Equal(before[0].Stamp, after[2].Stamp);
        PartitionInfo info = await Log.DescribeAsync(P0);
        Assert.Equal((11L, after.Sum(batch => (long)batch.Payload.Length)), (info.Next, info.Bytes));
    }

    [ContractFact]
    public async Task A_read_may_begin_in_what_was_taken_back()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await SendAsync("a", 0, Events.Numbers(0, 4), Events.Numbers(4, 4));
        await SendAsync("b", 0, Events.Batch("b0"));
        await SupersedeAsync("a", 2);

        for (int from = 2; from < 8; from++)
        {
            LogFetch fetch = await Log.ReadAsync(P0, from, new ReadLimits(1, 1));
            Assert.Equal([$"[{from},8) Tick"], fetch.Batches.Select(Events.Show));
            Assert.Equal((from, 8L), (fetch.From, fetch.Next));
        }

        Assert.Equal(["[8,9) b0"], await ReadAllAsync(P0, 8));
    }

    [ContractFact]
    public async Task A_producer_goes_on_where_it_was_taken_back_at_offsets_of_its_own()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await SendAsync("a", 0, Events.Batch("a0", "a1", "a2"));
        await SupersedeAsync("a", 1, epoch: 3);

        Assert.Equal(0, await Log.LastSequenceAsync("a", P0));
        await AssertFailsAsync(EventLogError.Fenced, () => SendAsync("a", 2, 1, [Events.Batch("old")]));
        await AssertFailsAsync(EventLogError.SequenceGap, () => SendAsync("a", 3, 3, [Events.Batch("x")]));
        AppendResult again = await SendAsync("a", 3, 0, [Events.Batch("a0", "new1")]);
        Assert.Equal((0L, 4L, false), (again.From, again.Next, again.WasDuplicate));
        Assert.Equal(["[0,1) a0", "[1,3) Tick", "[3,4) new1"], await ReadAllAsync(P0));
        Assert.Equal(1, await Log.LastSequenceAsync("a", P0));
    }

    [ContractFact]
    public async Task A_producer_that_is_not_known_is_fenced_as_well()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        Assert.Equal(0, await SupersedeAsync("a", 7, epoch: 3));
        await ReopenAsync();

        await AssertFailsAsync(EventLogError.Fenced, () => SendAsync("a", 2, 0, [Events.Batch("old")]));
        await SendAsync("a", 3, 0, [Events.Batch("a0")]);
        Assert.Equal(["[0,1) a0"], await ReadAllAsync(P0));
    }

    [ContractFact]
    public async Task An_older_epoch_takes_nothing_back()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await SendAsync("a", 5, 0, [Events.Batch("a0")]);

        await AssertFailsAsync(EventLogError.Fenced, () => SupersedeAsync("a", 0, epoch: 4));

        Assert.Equal(["[0,1) a0"], await ReadAllAsync(P0));
    }

    [ContractFact]
    public async Task Taking_back_is_repeated_without_harm_and_further_back()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await SendAsync("a", 0, Events.Numbers(0, 5));
        await SendAsync("a", 5, Events.Numbers(5, 5));

        Assert.Equal(2, await SupersedeAsync("a", 8));
        Assert.Equal(0, await SupersedeAsync("a", 8));
        Assert.Equal(0, await SupersedeAsync("a", 100));
        Assert.Equal(5, await SupersedeAsync("a", 3));
        Assert.Equal(["[0,3) 0 1 2", "[3,5) Tick", "[5,10) Tick"], await ReadAllAsync(P0));
        Assert.Equal(3, await SupersedeAsync("a", 0));
        Assert.Equal(["[0,5) Tick", "[5,10) Tick"], await ReadAllAsync(P0));
        Assert.Equal(0, (await Log.DescribeAsync(P0)).Bytes);
    }

    [ContractFact]
    public async Task What_was_taken_back_can_be_removed_and_pinned_and_sealed_as_anything_else()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await SendAsync("a", 0, Events.Numbers(0, 4));
        await SendAsync("b", 0, Events.Batch("b0"));
        await Log.SealAsync("topic");

        Assert.Equal(3, await SupersedeAsync("a", 1));
        await Log.PinAsync("pin", P0, 2);
        await Log.TruncateAsync(P0, 5);
        Assert.Equal(1, (await Log.DescribeAsync(P0)).First);
        await Log.ReleasePinAsync("pin");
        await Log.TruncateAsync(P0, 5);

        Assert.Equal(["[5,6) End"], await ReadAllAsync(P0, 5));
        Assert.Equal(0, await SupersedeAsync("a", 0));
    }

    [ContractFact]
    public async Task What_was_removed_before_it_was_taken_back_does_not_count_twice()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await SendAsync("a", 0, Events.Batch("a0", "a1"), Events.Batch("a2"), Events.Batch("a3", "a4"));
        await Log.TruncateAsync(P0, 2);

        await SupersedeAsync("a", 4);
        Assert.Equal(6, (await Log.DescribeAsync(P0)).Bytes);
        await SupersedeAsync("a", 0);
        Assert.Equal(0, (await Log.DescribeAsync(P0)).Bytes);
    }

    [ContractFact]
    public async Task Other_partitions_and_wrong_requests_change_nothing()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        await Log.AppendAsync(new AppendRequest { Partition = P1, Producer = "a", Batches = [Events.Batch("a0")] });
        await SupersedeAsync("a", 0);

        Assert.Equal(["[0,1) a0"], await ReadAllAsync(P1));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => SupersedeAsync("a", -1));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => SupersedeAsync("", 0));
        await AssertFailsAsync(EventLogError.UnknownTopic, () => Log.SupersedeAsync(new SupersedeRequest
        {
            Partition = new TopicPartition("none", 0),
            Producer = "a",
            FromSequence = 0,
            Epoch = 0,
        }));
    }

    [ContractFact]
    public async Task Producers_are_listed_by_how_their_names_begin()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        foreach (string producer in new[] { "job/1/b", "job/1/a", "job/10/a", "job/2/a", "JOB/1/a" })
            await SendAsync(producer, 0, Events.Tick());

        Assert.Equal(["job/1/a", "job/1/b"], await Log.ListProducersAsync(P0, "job/1/"));
        Assert.Equal(5, (await Log.ListProducersAsync(P0, "")).Count);
        Assert.Empty(await Log.ListProducersAsync(P1, ""));
        await AssertFailsAsync(
            EventLogError.UnknownTopic, () => Log.ListProducersAsync(new TopicPartition("none", 0), ""));
    }

    /// <summary>Offset by offset: what each of them holds, after appends, taking back and opening again at random.
    /// </summary>
    [ContractFact]
    public async Task Random_histories_with_taking_back_equal_the_model()
    {
        if (!Log.Capabilities.Supersedes)
            return;
        Gen<(int Kind, int Who, int Back, int[] Sizes)> step = Gen.Select(
            Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, 14], Gen.Int[0, 5].Array[1, 4]);

        await step.Array[1, 40].SampleAsync(CheckTakingBackAsync, iter: 100, threads: 1);
    }

    private async Task CheckTakingBackAsync((int Kind, int Who, int Back, int[] Sizes)[] history)
    {
        var partition = new TopicPartition($"history-{Interlocked.Increment(ref _topics)}", 0);
        await CreateAsync(partition.Topic, 1);
        var offsets = new List<string>();
        var next = new long[3];
        long first = 0;
        foreach ((int kind, int who, int back, int[] sizes) in history)
        {
            string producer = $"{(char)('a' + who)}";
            if (kind < 6)
            {
                await Log.AppendAsync(new AppendRequest
                {
                    Partition = partition,
                    Producer = producer,
                    Sequence = next[who],
                    Batches = EventLogModel.Batches(producer, next[who], sizes),
                });
                foreach (int size in sizes)
                {
                    for (int i = 0; i < Math.Max(1, size); i++)
                        offsets.Add(size == 0 ? $"Tick {producer}{next[who]++}" : $"{producer}{next[who]++}");
                }
            }
            else if (kind < 9)
            {
                long from = Math.Max(0, next[who] - back);
                int gone = Remove(offsets, producer, from);
                int kept = (int)first;
                long removed = await Log.SupersedeAsync(
                    new SupersedeRequest { Partition = partition, Producer = producer, FromSequence = from, Epoch = 0 });
                Assert.InRange(removed, gone - kept, gone);
                next[who] = from;
            }
            else if (back == 0)
            {
                await ReopenAsync();
            }
            else
            {
                await Log.TruncateAsync(partition, offsets.Count - (back * 2));
                first = (await Log.DescribeAsync(partition)).First;
            }

            Assert.Equal(offsets.Count, (await Log.DescribeAsync(partition)).Next);
            await CheckReadAsync(partition, offsets, first + ((offsets.Count - first) * back / 14));
        }

        await CheckReadAsync(partition, offsets, first);
    }

    private static int Remove(List<string> offsets, string producer, long from)
    {
        int gone = 0;
        for (int i = 0; i < offsets.Count; i++)
        {
            string name = offsets[i].Replace("Tick ", "", StringComparison.Ordinal);
            if (!name.StartsWith(producer, StringComparison.Ordinal) || long.Parse(name[1..], null) < from)
                continue;
            offsets[i] = "-";
            gone++;
        }

        return gone;
    }

    private async Task CheckReadAsync(TopicPartition partition, List<string> offsets, long from)
    {
        long at = from;
        foreach (EventBatch batch in await ReadBatchesAsync(partition, from, new ReadLimits(7, 60)))
        {
            Assert.True(batch.From == at || (at == from && batch.From < at && batch.Next > at));
            string[] read = batch.Kind == BatchKind.Events ? [.. Events.Texts(batch)] : [];
            for (at = batch.From; at < batch.Next; at++)
            {
                string expected = offsets[(int)at].StartsWith("Tick", StringComparison.Ordinal) ? "-" : offsets[(int)at];
                Assert.Equal(expected, read.Length == 0 ? "-" : read[at - batch.From]);
            }
        }

        Assert.Equal(offsets.Count, at);
    }

    private Task<long> SupersedeAsync(string producer, long from, long epoch = 0) => Log.SupersedeAsync(
        new SupersedeRequest { Partition = P0, Producer = producer, FromSequence = from, Epoch = epoch });
}
