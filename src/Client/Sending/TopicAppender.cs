namespace Weir.Client.Sending;

using Weir.Client.Calls;
using Weir.Contracts;
using Weir.Contracts.Topics;

/// <summary>
/// Appends to a topic as one producer: a lane for each partition, one bound of memory, one fate. Once it has failed it
/// stays so, because going on would leave a hole in what it was told to send.
/// </summary>
internal sealed class TopicAppender(
    TopicDirectory topics, string topic, GrainCalls calls, ProducerIdentity identity, ProducerOptions options)
{
    private readonly Lock _gate = new();
    private readonly string _what = $"append to the topic '{topic}'";
    private Task<PartitionLane[]>? _opening;
    private PartitionLane[]? _lanes;
    private Exception? _failure;
    private int _turn = -1;

    public string Topic => topic;

    public ProducerIdentity Identity => identity;

    public Action<BatchReceipt>? Stored => options.Stored;

    public Room Room { get; } = new(options.MaxPendingBytes);

    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>The lanes by partition if they are open, else null: call <see cref="OpenAsync"/>.</summary>
    public PartitionLane[]? Lanes => Volatile.Read(ref _lanes);

    /// <summary>Whether a send can go on at once.</summary>
    public bool IsReady => Lanes is not null && Room.IsFree;

    /// <summary>The next partition for what has no key.</summary>
    public int NextPartition(int partitions) => (int)((uint)Interlocked.Increment(ref _turn) % (uint)partitions);

    /// <summary>
    /// Learns the partitions, and where a named producer goes on. A failure is forgotten: it may be tried again.
    /// </summary>
    public async ValueTask<PartitionLane[]> OpenAsync(CancellationToken cancellation)
    {
        if (Lanes is { } lanes)
            return lanes;
        Task<PartitionLane[]> opening;
        lock (_gate)
        {
            if (_opening is null || _opening.IsFaulted || _opening.IsCanceled)
                _opening = Task.Run(OpenLanesAsync, CancellationToken.None);
            opening = _opening;
        }

        return await opening.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until it is open and there is room.</summary>
    public async ValueTask<PartitionLane[]> ReadyAsync(CancellationToken cancellation)
    {
        PartitionLane[] lanes = await OpenAsync(cancellation).ConfigureAwait(false);
        while (!Room.IsFree)
            await Room.WaitAsync(cancellation).ConfigureAwait(false);
        ThrowIfFailed();
        return lanes;
    }

    /// <summary>Completes when everything posted so far is stored.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        ThrowIfFailed();
        if (Lanes is { } lanes)
            await Task.WhenAll(lanes.Select(lane => lane.FlushAsync())).WaitAsync(cancellation).ConfigureAwait(false);
    }

    public Task<TResult> AskAsync<TResult>(Func<Task<TResult>> call) =>
        calls.AskAsync(call, _what, CancellationToken.None);

    public void Fail(Exception failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is not null)
            return;
        topics.Forget(topic);
        foreach (PartitionLane lane in Lanes ?? [])
            lane.Drop(failure);
        Room.Close();
    }

    /// <exception cref="WeirException">It has failed.</exception>
    public void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is not { } failure)
            return;
        WeirError error = failure is WeirException weir ? weir.Error : WeirError.InvalidRequest;
        throw new WeirException(
            error, $"The producer of '{topic}' has failed, make a new one: {failure.Message}", failure);
    }

    private async Task<PartitionLane[]> OpenLanesAsync()
    {
        int partitions = await topics.PartitionsOfAsync(topic, CancellationToken.None).ConfigureAwait(false);
        PartitionLane[] lanes = await Task.WhenAll(Enumerable.Range(0, partitions).Select(
            partition => PartitionLane.OpenAsync(this, topics.Grains.Appender(topic, partition), partition)))
            .ConfigureAwait(false);
        Volatile.Write(ref _lanes, lanes);
        return lanes;
    }
}
