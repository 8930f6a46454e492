namespace Weir.Connectors.Tests;

using CsCheck;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Random histories: one at a time against a model, and many senders at once.</summary>
public abstract partial class EventLogContract
{
    private int _topics;

    private enum StepKind
    {
        Append,
        Takeover,
        Read,
        Truncate,
        Pin,
        ReleasePin,
        Seal,
    }

    [ContractFact]
    public async Task Random_histories_equal_the_model()
    {
        Gen<StepKind> kind = Gen.Frequency(
            (12, Gen.Const(StepKind.Append)),
            (1, Gen.Const(StepKind.Takeover)),
            (6, Gen.Const(StepKind.Read)),
            (2, Gen.Const(StepKind.Truncate)),
            (1, Gen.Const(StepKind.Pin)),
            (1, Gen.Const(StepKind.ReleasePin)));
        Gen<Step> step = Gen.Select(
            kind, Gen.Int[0, 2], Gen.Int[0, 10], Gen.Int[0, 4].Array[1, 4], (what, who, back, sizes) =>
                new Step(what, who, back, sizes));
        Gen<Step[]> history = Gen.Select(
            step.Array[1, 40], step.Array[0, 8], (before, after) =>
                (Step[])[.. before, new Step(StepKind.Seal, 0, 0, []), .. after]);

        await history.SampleAsync(CheckHistoryAsync, iter: 100);
    }

    [ContractFact]
    public async Task Concurrent_senders_that_repeat_themselves_store_everything_once()
    {
        const int Senders = 8;
        const int Target = 400;
        Task<List<string>> reader = FollowAsync(P0, Senders * Target);

        await Task.WhenAll(Enumerable.Range(0, Senders).Select(
            i => Task.Run(() => SendRandomlyAsync($"s{i}:", i, Target))));
        List<string> followed = await reader;
        await ReopenAsync();
        List<EventBatch> stored = await ReadBatchesAsync(P0, 0, ReadLimits.Default);

        Assert.Equal(followed, stored.Select(Events.Show));
        Assert.All(stored.Zip(stored.Skip(1)), pair => Assert.Equal(pair.First.Next, pair.Second.From));
        Assert.All(stored.Zip(stored.Skip(1)), pair => Assert.True(pair.First.Stamp <= pair.Second.Stamp));
        ILookup<string, string> texts = stored.SelectMany(Events.Texts).ToLookup(text => text[..3]);
        for (int i = 0; i < Senders; i++)
            Assert.Equal(Enumerable.Range(0, Target).Select(n => $"s{i}:{n}"), texts[$"s{i}:"]);
    }

    private async Task CheckHistoryAsync(Step[] history)
    {
        var partition = new TopicPartition($"history-{Interlocked.Increment(ref _topics)}", 0);
        await CreateAsync(partition.Topic, 1);
        var model = new EventLogModel();
        var epochs = new long[3];
        foreach (Step step in history)
        {
            if (step.Kind == StepKind.Takeover)
                epochs[step.Who]++;
            (string expected, string actual) = step.Kind switch
            {
                StepKind.Append or StepKind.Takeover => await AppendBothAsync(model, partition, step, epochs[step.Who]),
                StepKind.Read => await ReadBothAsync(model, partition, step),
                _ => await MaintainBothAsync(model, partition, step),
            };
            Assert.Equal(expected, actual);
            PartitionInfo info = await Log.DescribeAsync(partition);
            Assert.Equal((model.First, model.Next, model.IsSealed), (info.First, info.Next, info.IsSealed));
        }
        List<string> stored = await ReadAllAsync(partition, model.First);
        Assert.Equal(model.Read(model.First, int.MaxValue), string.Join('\n', stored));
    }

    /// <summary>Appends from some sequences back (a retry or an overlap) up to one ahead (a gap); now and then with an
    /// epoch that is too low.</summary>
    private async Task<(string, string)> AppendBothAsync(
        EventLogModel model, TopicPartition partition, Step step, long epoch)
    {
        string producer = ((char)('a' + step.Who)).ToString();
        long sequence = Math.Max(0, model.NextSequence(producer) + 1 - step.Back);
        if (step.Back == 5)
            sequence = model.NextSequence(producer);
        if (step.Back == 9)
            epoch--;
        string actual = await OutcomeAsync(async () =>
        {
            AppendResult result = await Log.AppendAsync(new AppendRequest
            {
                Partition = partition,
                Producer = producer,
                ProducerEpoch = epoch,
                Sequence = sequence,
                Batches = EventLogModel.Batches(producer, sequence, step.Sizes),
            });
            return $"[{result.From},{result.Next}){(result.WasDuplicate ? " again" : "")}";
        });
        return (model.Append(producer, epoch, sequence, step.Sizes), actual);
    }

    private async Task<(string, string)> ReadBothAsync(EventLogModel model, TopicPartition partition, Step step)
    {
        long from = model.First - 1 + ((model.Next - model.First + 2) * step.Back / 10);
        int maxEvents = 1 + step.Sizes.Sum();
        string actual = await OutcomeAsync(async () =>
        {
            LogFetch fetch = await Log.ReadAsync(partition, from, new ReadLimits(maxEvents, 1 << 20));
            return string.Join('\n', fetch.Batches.Select(Events.Show));
        });
        // A log may return less than the limits allow, but something.
        string expected = model.Read(from, maxEvents);
        bool isPart = actual.Length > 0 && expected.StartsWith(actual + '\n', StringComparison.Ordinal);
        return (isPart ? actual : expected, actual);
    }

    private async Task<(string, string)> MaintainBothAsync(EventLogModel model, TopicPartition partition, Step step)
    {
        string pin = $"{partition.Topic}-{step.Who}";
        long offset = model.First - 1 + ((model.Next - model.First) * step.Back / 10);
        switch (step.Kind)
        {
            case StepKind.Truncate:
                model.Truncate(offset);
                return ("ok", await OutcomeAsync(() => Log.TruncateAsync(partition, offset)));
            case StepKind.Pin:
                return (model.Pin(pin, offset), await OutcomeAsync(() => Log.PinAsync(pin, partition, offset)));
            case StepKind.ReleasePin:
                model.ReleasePin(pin);
                return ("ok", await OutcomeAsync(() => Log.ReleasePinAsync(pin)));
            default:
                model.Seal();
                return ("ok", await OutcomeAsync(() => Log.SealAsync(partition.Topic)));
        }
    }

    private static Task<string> OutcomeAsync(Func<Task> action) => OutcomeAsync(async () =>
    {
        await action();
        return "ok";
    });

    private static async Task<string> OutcomeAsync(Func<Task<string>> action)
    {
        try
        {
            return await action();
        }
        catch (EventLogException refusal)
        {
            return refusal.Error.ToString();
        }
    }

    /// <summary>Sends the numbers below a target; each request begins anywhere in what was sent before, as after lost
    /// answers, and some are sent twice at once.</summary>
    private async Task SendRandomlyAsync(string producer, int seed, int target)
    {
        var random = new Random(seed);
        for (long done = 0; done < target;)
        {
            long sequence = Math.Max(0, done - random.Next(0, 6));
            long end = Math.Min(target, done + random.Next(1, 20));
            var batches = new List<NewBatch>();
            for (long from = sequence; from < end;)
            {
                int count = (int)Math.Min(end - from, random.Next(1, 5));
                batches.Add(Events.Batch(Enumerable.Range(0, count).Select(i => $"{producer}{from + i}")));
                from += count;
            }
            var request = new AppendRequest
            {
                Partition = P0,
                Producer = producer,
                Sequence = sequence,
                Batches = batches,
            };
            AppendResult[] results = await Task.WhenAll(
                Enumerable.Range(0, random.Next(1, 3)).Select(_ => Log.AppendAsync(request)));
            Assert.Equal(1, results.Count(result => !result.WasDuplicate));
            done = end;
        }
    }

    /// <summary>Reads as appends are told, until so many events were seen.</summary>
    private async Task<List<string>> FollowAsync(TopicPartition partition, int events)
    {
        // Not disposed: a last call may still be under way.
        var told = new SemaphoreSlim(1);
        using IDisposable watching = Log.Watch((_, _) => told.Release());
        var seen = new List<string>();
        for (long from = 0; from < events;)
        {
            await told.WaitAsync();
            foreach (EventBatch batch in await ReadBatchesAsync(partition, from, new ReadLimits(50, 500)))
            {
                Assert.Equal(from, batch.From);
                seen.Add(Events.Show(batch));
                from = batch.Next;
            }
        }
        return seen;
    }

    private sealed record Step(StepKind Kind, int Who, int Back, int[] Sizes)
    {
        public override string ToString() => $"{Kind} {Who} {Back} [{string.Join(',', Sizes)}]";
    }
}
