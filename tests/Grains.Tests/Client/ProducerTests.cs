namespace Weir.Grains.Tests.Client;

using Orleans.Runtime;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Engine.Time;

public sealed class ProducerTests
{
    private static readonly Topic<string> Lines = Topic.Of<string>("t");
    private static readonly Topic<long> Numbers = Topic.Of<long>("t").KeyedBy(number => number);

    [Fact]
    public async Task Send_WhenAnswersAreLost_IsStoredOnce()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        partitions[0].LoseAnswer = call => call switch
        {
            1 => new TimeoutException(),
            2 => new SiloUnavailableException(),
            _ => null,
        };

        Assert.Equal(new SendReceipt("t", 0, 0), await client.SendAsync(Lines, "a"));
        Assert.Equal(new SendReceipt("t", 0, 1), await client.SendAsync(Lines, "b"));
        Assert.Equal(2, partitions[0].Stored.Count);
    }

    [Fact]
    public async Task Send_WhenNobodyAnswers_IsUnavailable()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1, retryFor: TimeSpan.Zero);
        partitions[0].Refuse = _ => new TimeoutException("Request [ sys.client/1 ]->[ weir.topic/t ]");

        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => client.SendAsync(Lines, "a"));
        Assert.Equal(WeirError.Unavailable, fault.Error);
        Assert.Contains("append to the topic 't'", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("The last call got no answer in its time.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_AfterARefusal_GoesOn()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        partitions[0].Refuse = call => call == 1 ? new WeirException(WeirError.StorageFull, "full") : null;

        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => client.SendAsync(Lines, "a"));
        Assert.Equal(WeirError.StorageFull, fault.Error);
        Assert.Equal(0, (await client.SendAsync(Lines, "b")).Offset);
    }

    [Fact]
    public async Task Send_ToATopicThatIsNotThere_SaysSo()
    {
        (IWeirClient client, _) = FakeGrains.Create(partitions: 0);
        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => client.SendAsync(Lines, "a"));
        Assert.Equal(WeirError.UnknownTopic, fault.Error);
    }

    [Fact]
    public async Task SendBatch_IsOneBatchAPartition_WithAReceiptForEachEvent()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 4);
        IReadOnlyList<SendReceipt> receipts = await client.SendAsync(Numbers, [.. Enumerable.Range(0, 100)]);

        Assert.All(partitions, partition => Assert.Single(partition.Stored));
        Assert.Equal(100, receipts.Distinct().Count());
        foreach (IGrouping<int, SendReceipt> partition in receipts.GroupBy(receipt => receipt.Partition))
            Assert.Equal(Enumerable.Range(0, partition.Count()), partition.Select(receipt => (int)receipt.Offset));
    }

    [Fact]
    public async Task SendBatch_WithoutAKey_TakesPartitionsInTurn()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 2);
        for (int i = 0; i < 4; i++)
            await client.SendAsync(Lines, ["a", "b", "c"]);
        Assert.All(partitions, partition => Assert.Equal([3, 3], partition.Stored.Select(batch => batch.Count)));
    }

    [Fact]
    public async Task Producer_WhileACallIsInFlight_PutsWhatWaitsIntoTheNext()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        var receipts = new List<BatchReceipt>();
        await using Producer<string> producer =
            client.CreateProducer(Lines, new ProducerOptions { Stored = receipts.Add });
        partitions[0].Hold();
        await producer.SendAsync("first");
        await partitions[0].ArrivalAsync();
        for (int i = 0; i < 5000; i++)
            await producer.SendBatchAsync(["a", "b"]);
        partitions[0].Release();
        await producer.FlushAsync();

        Assert.Equal([1, 4096, 904], partitions[0].Calls);
        Assert.Equal(10_001, receipts[^1].Next);
        Assert.Equal(
            receipts.Skip(1).Select(receipt => receipt.From), receipts.SkipLast(1).Select(receipt => receipt.Next));
    }

    [Fact]
    public async Task Producer_WithoutRoom_Waits()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        await using Producer<string> producer =
            client.CreateProducer(Lines, new ProducerOptions { MaxPendingBytes = 64 << 10 });
        partitions[0].Hold();
        string kilobyte = new('x', 1024 - 64);
        int sent = 0;
        await producer.SendAsync(kilobyte);
        Task send = Task.CompletedTask;
        for (; sent < 1000 && send.IsCompleted; sent++)
            send = producer.SendAsync(kilobyte).AsTask();

        Assert.InRange(sent, 60, 66);
        partitions[0].Release();
        await send;
        await producer.FlushAsync();
        Assert.Equal(sent + 1, partitions[0].Stored.Count);
    }

    [Fact]
    public async Task Producer_ThatIsRefused_EndsWithEverythingThatWaits()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        partitions[0].Refuse = _ => new WeirException(WeirError.TopicSealed, "sealed");
        Producer<string> producer = client.CreateProducer(Lines);
        await producer.SendAsync("a");

        Assert.Equal(
            WeirError.TopicSealed, (await Assert.ThrowsAsync<WeirException>(() => producer.FlushAsync())).Error);
        await Assert.ThrowsAsync<WeirException>(async () => await producer.SendAsync("b"));
        await Assert.ThrowsAsync<WeirException>(async () => await producer.DisposeAsync());
        Assert.Empty(partitions[0].Stored);
    }

    [Fact]
    public async Task Producer_OfAName_GoesOnWhereItWas_AndFencesTheOlderOne()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 1);
        var named = new ProducerOptions { Name = "loader", Epoch = 1 };
        Producer<string> older = client.CreateProducer(Lines, named);
        await older.SendBatchAsync(["a", "b", "c"]);
        await older.FlushAsync();

        await using Producer<string> newer = client.CreateProducer(Lines, named with { Epoch = 2 });
        Assert.Equal([3], await newer.StoredAsync());
        await older.SendAsync("too late");
        WeirException fenced = await Assert.ThrowsAsync<WeirException>(() => older.FlushAsync());
        Assert.Equal(WeirError.ProducerFenced, fenced.Error);
        await newer.SendAsync("d");
        await newer.FlushAsync();
        Assert.Equal([3, 1], partitions[0].Stored.Select(batch => batch.Count));
    }

    [Fact]
    public async Task Advance_GoesToEveryPartition_BehindWhatWasSent()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 3);
        await using Producer<string> producer = client.CreateProducer(Lines);
        for (int i = 0; i < 3; i++)
            await producer.SendAsync("a");
        await producer.AdvanceAsync(new EventTime(1000));
        await producer.FlushAsync();

        Assert.All(partitions, partition => Assert.Equal(
            [BatchKind.Events, BatchKind.Advance], partition.Stored.Select(batch => batch.Kind)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await producer.AdvanceAsync(EventTime.None));
    }

    [Fact]
    public async Task Producer_FromManyThreads_StoresEverythingOnce()
    {
        (IWeirClient client, FakePartition[] partitions) = FakeGrains.Create(partitions: 4);
        foreach (FakePartition partition in partitions)
            partition.LoseAnswer = call => call % 3 == 1 ? new TimeoutException() : null;
        await using Producer<long> producer = client.CreateProducer(Numbers, new ProducerOptions
        {
            MaxPendingBytes = 64 << 10,
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < 1000; i++)
                await producer.SendAsync((thread * 1000) + i);
        })));
        await producer.FlushAsync();
        Assert.Equal(8000, partitions.Sum(partition => partition.Stored.Sum(batch => batch.Count)));
    }
}
