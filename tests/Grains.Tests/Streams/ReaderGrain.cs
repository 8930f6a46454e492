namespace Weir.Grains.Tests.Streams;

using System.Collections.Concurrent;
using Orleans.Concurrency;
using Orleans.Streams;
using Weir.Grains.Streams;

public interface IReaderGrain : IGrainWithStringKey
{
    Task StartAsync(string topic, int partition, long from);

    Task RewindAsync(long from);

    Task StopAsync();
}

/// <summary>What a reader has taken; it outlives activations, as a checkpoint does.</summary>
public sealed class ReaderRecord
{
    private static readonly ConcurrentDictionary<string, ReaderRecord> All = new();

    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public long Next { get; set; }

    public int Repeated { get; set; }

    /// <summary>Holds up the reader while it is not complete.</summary>
    public Task MayGoOn { get; set; } = Task.CompletedTask;

    public Probe<(long From, long Next)> Taken { get; } = new();

    public Probe<string> Gaps { get; } = new();

    public static ReaderRecord Begin(string key, string topic, int partition, long from) =>
        All[key] = new ReaderRecord { Topic = topic, Partition = partition, Next = from };

    public static ReaderRecord? Find(string key) => All.GetValueOrDefault(key);
}

/// <summary>Reads a partition as a source of a job does: blocks, one handle, going on where its record ends.</summary>
[Reentrant]
public sealed class ReaderGrain : Grain, IReaderGrain, IAsyncObserver<EventBatchBlock>
{
    private ReaderRecord? _record;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _record = ReaderRecord.Find(this.GetPrimaryKeyString());
        if (_record is not null)
            await Stream().ReadFromAsync(this, _record.Next);
    }

    public async Task StartAsync(string topic, int partition, long from)
    {
        _record = ReaderRecord.Begin(this.GetPrimaryKeyString(), topic, partition, from);
        await Stream().ReadFromAsync(this, from);
    }

    public Task RewindAsync(long from)
    {
        _record!.Next = from;
        return Stream().ReadFromAsync(this, from);
    }

    public Task StopAsync() => Stream().StopReadingAsync();

    public async Task OnNextAsync(EventBatchBlock item, StreamSequenceToken? token = null)
    {
        ReaderRecord record = _record!;
        await record.MayGoOn;
        lock (record)
        {
            if (item.Next <= record.Next)
            {
                record.Repeated++;
                return;
            }

            if (item.From > record.Next)
                record.Gaps.Add($"[{item.From}, {item.Next}) after {record.Next}, missing: {item.IsDataMissing}");
            record.Next = item.Next;
            record.Taken.Add((item.From, item.Next));
        }
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    private IAsyncStream<EventBatchBlock> Stream() =>
        this.GetStreamProvider(WeirStreams.ProviderName).BlocksOf(_record!.Topic, _record.Partition);
}
