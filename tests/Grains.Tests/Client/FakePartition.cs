namespace Weir.Grains.Tests.Client;

using System.Threading.Channels;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;

/// <summary>A partition that keeps the log's rules for producers.</summary>
public sealed class FakePartition(int number) : IAppendGrain
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Epoch, long Next)> _producers = [];
    private readonly Channel<int> _arrived = Channel.CreateUnbounded<int>();
    private TaskCompletionSource _open = Opened();
    private long _next;

    /// <summary>The batches stored, in order.</summary>
    public List<WireBatch> Stored { get; } = [];

    /// <summary>How many batches each call that came had.</summary>
    public List<int> Calls { get; } = [];

    /// <summary>Thrown in place of handling a call; the argument is the number of the call, from 1.</summary>
    public Func<int, Exception?> Refuse { get; set; } = _ => null;

    /// <summary>Thrown in place of the answer to a call that was handled.</summary>
    public Func<int, Exception?> LoseAnswer { get; set; } = _ => null;

    public long Next => _next;

    /// <summary>Calls come in but are not handled until <see cref="Release"/>.</summary>
    public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _open.SetResult();

    /// <summary>Waits for a call to come in.</summary>
    public Task ArrivalAsync() => _arrived.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public async Task<WireReceipt> AppendAsync(WireAppend append)
    {
        int call;
        lock (_gate)
        {
            Calls.Add(append.Batches.Length);
            call = Calls.Count;
        }

        _arrived.Writer.TryWrite(call);
        await _open.Task;
        if (Refuse(call) is { } refusal)
            throw refusal;
        WireReceipt receipt = Store(append);
        return LoseAnswer(call) is { } lost ? throw lost : receipt;
    }

    public Task<long?> LastSequenceAsync(string producer)
    {
        lock (_gate)
            return Task.FromResult(_producers.TryGetValue(producer, out var known) ? known.Next - 1 : (long?)null);
    }

    public Task LeaseTicksAsync() => Task.CompletedTask;

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private WireReceipt Store(WireAppend append)
    {
        lock (_gate)
        {
            long taken = append.Batches.Sum(batch => batch.Kind == BatchKind.Events ? batch.Count : 1);
            (long epoch, long next) = _producers.GetValueOrDefault(append.Producer!);
            if (append.ProducerEpoch < epoch)
                throw new WeirException(WeirError.ProducerFenced, "a newer one has sent");
            bool isDuplicate = append.Sequence + taken <= next;
            _producers[append.Producer!] = (append.ProducerEpoch, Math.Max(next, append.Sequence + taken));
            if (isDuplicate)
                return new WireReceipt("t", number, _next - taken, _next, WasDuplicate: true);
            Assert.Equal(next, append.Sequence);
            Stored.AddRange(append.Batches);
            _next += taken;
            return new WireReceipt("t", number, _next - taken, _next, WasDuplicate: false);
        }
    }
}

/// <summary>The topic of some partitions. As JSON it takes everything that has no "bad" in it.</summary>
public sealed class FakeTopic(FakePartition[] partitions) : ITopicGrain
{
    public Task<TopicDescription> CreateAsync(TopicDefinition definition) => throw new NotSupportedException();

    public Task<TopicDescription?> DescribeAsync() => Task.FromResult<TopicDescription?>(
        partitions.Length == 0 ? null : new TopicDescription
        {
            Name = "t",
            Schema = "String:1",
            IsSealed = false,
            Partitions = [.. partitions.Select(partition => new PartitionExtent(0, partition.Next, 0))],
        });

    public Task SealAsync() => Task.CompletedTask;

    public Task<WireFetch> ReadAsync(ReadRequest request) => throw new NotSupportedException();

    public Task<JsonFetch> ReadJsonAsync(ReadRequest request) => throw new NotSupportedException();

    public async Task<WireReceipt[]> SendJsonAsync(string[] events)
    {
        if (events.Any(text => text.Contains("bad", StringComparison.Ordinal)))
            throw new WeirException(WeirError.InvalidValue, "a bad one is among them");
        var batch = new WireBatch { Count = events.Length };
        return [await partitions[0].AppendAsync(new WireAppend
        {
            Producer = "json",
            Sequence = partitions[0].Next,
            Batches = [batch],
        })];
    }
}
