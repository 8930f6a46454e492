namespace Weir.Connectors.Tests;

using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// What every <see cref="IEventLog"/> has to do, whatever it stores in. A log is put through it by a class that says
/// how to open one; tests of an ability that the log's capabilities deny pass without looking.
/// </summary>
public abstract partial class EventLogContract : IAsyncLifetime
{
    protected static readonly TopicPartition P0 = new("topic", 0);
    protected static readonly TopicPartition P1 = new("topic", 1);

    protected ManualTime Clock { get; } = new();

    protected IEventLog Log { get; private set; } = null!;

    /// <summary>Opens the log of this test; the second time, after the first was disposed, the same one again.
    /// </summary>
    protected abstract Task<IEventLog> OpenAsync();

    /// <summary>Removes what the test stored; the log is closed.</summary>
    protected abstract Task CleanAsync();

    public async Task InitializeAsync()
    {
        Log = await OpenAsync();
        await CreateAsync("topic", 2);
    }

    public async Task DisposeAsync()
    {
        await Log.DisposeAsync();
        await CleanAsync();
    }

    protected async Task ReopenAsync()
    {
        await Log.DisposeAsync();
        Log = await OpenAsync();
    }

    protected Task<TopicInfo> CreateAsync(string name, int partitions, RetentionPolicy? retention = null) =>
        Log.CreateTopicAsync(new TopicSpec
        {
            Name = name,
            Partitions = partitions,
            Schema = Events.Schema,
            Retention = retention ?? RetentionPolicy.Forever,
        });

    protected Task<AppendResult> AppendAsync(TopicPartition partition, params NewBatch[] batches) =>
        Log.AppendAsync(new AppendRequest { Partition = partition, Batches = batches });

    protected Task<AppendResult> SendAsync(string producer, long sequence, params NewBatch[] batches) =>
        SendAsync(producer, epoch: 0, sequence, batches);

    protected Task<AppendResult> SendAsync(string producer, long epoch, long sequence, NewBatch[] batches) =>
        Log.AppendAsync(new AppendRequest
        {
            Partition = P0,
            Producer = producer,
            ProducerEpoch = epoch,
            Sequence = sequence,
            Batches = batches,
        });

    /// <summary>All batches from an offset on, one line each.</summary>
    protected async Task<List<string>> ReadAllAsync(TopicPartition partition, long from = 0) =>
        (await ReadBatchesAsync(partition, from, ReadLimits.Default)).ConvertAll(Events.Show);

    protected async Task<List<EventBatch>> ReadBatchesAsync(TopicPartition partition, long from, ReadLimits limits)
    {
        var batches = new List<EventBatch>();
        while (true)
        {
            LogFetch fetch = await Log.ReadAsync(partition, from, limits);
            if (fetch.Batches.Count == 0)
            {
                Assert.Equal((from, from), (fetch.From, fetch.Next));
                return batches;
            }
            Assert.Equal(fetch.From, fetch.Batches[0].From);
            Assert.Equal(fetch.Next, fetch.Batches[^1].Next);
            batches.AddRange(fetch.Batches);
            from = fetch.Next;
        }
    }

    protected static async Task AssertFailsAsync(EventLogError error, Func<Task> action)
    {
        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(action);
        Assert.Equal((error, failure.Message), (failure.Error, failure.Message));
        Assert.EndsWith(".", failure.Message, StringComparison.Ordinal);
    }
}
