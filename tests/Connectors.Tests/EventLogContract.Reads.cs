namespace Weir.Connectors.Tests;

using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Reads: positions, limits, ends.</summary>
public abstract partial class EventLogContract
{
    [ContractFact]
    public async Task An_offset_inside_a_batch_gives_the_whole_batch()
    {
        await AppendAsync(P0, Events.Batch("a"), Events.Batch("b", "c", "d"));
        await AppendAsync(P0, Events.Batch("e", "f"));

        foreach (bool reopened in new[] { false, true })
        {
            if (reopened)
                await ReopenAsync();
            LogFetch fetch = await Log.ReadAsync(P0, 3, ReadLimits.Default);
            Assert.Equal((1L, 6L), (fetch.From, fetch.Next));
            Assert.Equal(["[1,4) b c d", "[4,6) e f"], fetch.Batches.Select(Events.Show));
            Assert.Equal(["[4,6) e f"], await ReadAllAsync(P0, 5));
        }
    }

    [ContractFact]
    public async Task Limits_hold_but_for_a_first_batch_that_is_larger()
    {
        await AppendAsync(P0, [.. Enumerable.Range(0, 20).Select(i => Events.Numbers(i * 5, 5))]);
        await AppendAsync(P0, Events.Batch(new string('x', 1000)), Events.Tick(), Events.Tick());

        foreach (ReadLimits limits in new ReadLimits[] { new(1, 1), new(12, 1000), new(1000, 23), new(5, 5000) })
        {
            foreach (bool reopened in new[] { false, true })
            {
                if (reopened)
                    await ReopenAsync();
                await AssertLimitsAsync(limits);
            }
        }
    }

    [ContractFact]
    public async Task Every_offset_can_be_read_from()
    {
        await AppendAsync(P0, Events.Batch("a"), Events.Batch("b", "c"), Events.Tick());
        await AppendAsync(P0, Events.Batch("d"));
        await AppendAsync(P0, Events.Batch("e", "f", "g"), Events.Batch("h"));
        List<EventBatch> all = await ReadBatchesAsync(P0, 0, ReadLimits.Default);

        for (long from = 0; from < 9; from++)
        {
            List<EventBatch> rest = await ReadBatchesAsync(P0, from, new ReadLimits(2, 100));
            Assert.Equal(all.Where(batch => batch.Next > from).Select(Events.Show), rest.Select(Events.Show));
        }
    }

    [ContractFact]
    public async Task The_end_is_empty_and_what_is_above_it_is_refused()
    {
        LogFetch atStart = await Log.ReadAsync(P0, 0, ReadLimits.Default);
        await AppendAsync(P0, Events.Batch("a", "b"));
        LogFetch atEnd = await Log.ReadAsync(P0, 2, ReadLimits.Default);

        Assert.Equal((0L, 0L, 0), (atStart.From, atStart.Next, atStart.Batches.Count));
        Assert.Equal((2L, 2L, 0), (atEnd.From, atEnd.Next, atEnd.Batches.Count));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => Log.ReadAsync(P0, 3, ReadLimits.Default));
        await AssertFailsAsync(EventLogError.OffsetExpired, () => Log.ReadAsync(P0, -1, ReadLimits.Default));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => Log.ReadAsync(P0, 0, new ReadLimits(0, 1)));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => Log.ReadAsync(P0, 0, new ReadLimits(1, 0)));
    }

    private async Task AssertLimitsAsync(ReadLimits limits)
    {
        long from = 0;
        for (LogFetch fetch; (fetch = await Log.ReadAsync(P0, from, limits)).Batches.Count > 0; from = fetch.Next)
        {
            Assert.Equal(from, fetch.From);
            long events = fetch.Batches.Sum(batch => (long)batch.Count);
            long bytes = fetch.Batches.Sum(batch => (long)batch.Payload.Length);
            Assert.True(
                fetch.Batches.Count == 1 || (events <= limits.MaxEvents && bytes <= limits.MaxBytes),
                $"{events} events of {bytes} bytes for {limits}");
        }
        Assert.Equal(103, from);
    }
}
