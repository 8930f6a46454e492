namespace Weir.Client.Sending;

using Weir.Client.Calls;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Sends to one partition: one call is in flight, what is posted meanwhile waits and goes into the next call. Sequences
/// follow the order of posting, and a call is repeated under its own, so it is stored once.
/// </summary>
internal sealed class PartitionLane : IThreadPoolWorkItem
{
    private const int CallBatches = 4096;
    private const int CallEvents = 64 << 10;
    private const int CallBytes = 1 << 20;
    private const int BatchOverhead = 64;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly Queue<(long Upto, TaskCompletionSource Stored)> _flushes = new();
    private readonly PayloadChunks _chunks = new();
    private readonly TopicAppender _owner;
    private readonly IAppendGrain _grain;
    private readonly int _partition;
    private long _posted;
    private long _stored;
    private long _sequence;
    private bool _isSending;

    private PartitionLane(TopicAppender owner, IAppendGrain grain, int partition)
    {
        _owner = owner;
        _grain = grain;
        _partition = partition;
    }

    /// <summary>How many offsets the log had from this producer when the lane was opened.</summary>
    public long StoredBefore { get; private init; }

    public static async Task<PartitionLane> OpenAsync(TopicAppender owner, IAppendGrain grain, int partition)
    {
        long stored = owner.Identity.Resumes ? await TakeOverAsync(owner, grain).ConfigureAwait(false) : 0;
        return new PartitionLane(owner, grain, partition) { StoredBefore = stored, _sequence = stored };
    }

    /// <summary>Takes a batch to be sent; returns at once.</summary>
    /// <param name="batch">The batch without its payload.</param>
    /// <param name="payload">Its payload, which is copied.</param>
    /// <param name="stored">Gets the offset of its first event, or the failure; or null.</param>
    public void Post(WireBatch batch, ReadOnlySpan<byte> payload, TaskCompletionSource<long>? stored)
    {
        lock (_gate)
        {
            _owner.ThrowIfFailed();
            _waiting.Enqueue(new Waiting(batch with { Payload = _chunks.Add(payload) }, stored));
            _posted++;
            _owner.Room.Take(payload.Length + BatchOverhead);
            if (_isSending)
                return;
            _isSending = true;
        }

        // Not a task: the sender's context, such as its Orleans request context, must not stay with the lane.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Completes when everything posted so far is stored.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            _owner.ThrowIfFailed();
            if (_stored == _posted)
                return Task.CompletedTask;
            var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Enqueue((_posted, stored));
            return stored.Task;
        }
    }

    /// <summary>Lets go of everything that waits, because the producer has failed.</summary>
    public void Drop(Exception failure)
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out Waiting waiting))
                waiting.Stored?.TrySetException(failure);
            while (_flushes.TryDequeue(out var flush))
                flush.Stored.TrySetException(failure);
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAllAsync();

    private static int OffsetsOf(in WireBatch batch) => batch.Kind == BatchKind.Events ? batch.Count : 1;

    // A repeated append under a newer epoch is answered as a duplicate and fences the older incarnation. Without it, an
    // append of that one which is still on its way could be stored under the sequences that this one is about to use.
    private static async Task<long> TakeOverAsync(TopicAppender owner, IAppendGrain grain)
    {
        long? known = null;
        while (true)
        {
            long? last = await owner.AskAsync(() => grain.LastSequenceAsync(owner.Identity.Name)).ConfigureAwait(false);
            if (last == known)
                return last + 1 ?? 0;
            known = last;
            var repeated = new WireBatch { Kind = BatchKind.Advance, Time = EventTime.MinValue.Plus(1) };
            await owner.AskAsync(() => grain.AppendAsync(new WireAppend
            {
                Producer = owner.Identity.Name,
                ProducerEpoch = owner.Identity.Epoch,
                Sequence = last!.Value,
                Batches = [repeated],
            })).ConfigureAwait(false);
        }
    }

    private async Task SendAllAsync()
    {
        while (TakeCall() is { } call)
        {
            try
            {
                WireReceipt receipt =
                    await _owner.AskAsync(() => _grain.AppendAsync(call.Append)).ConfigureAwait(false);
                Settle(call, receipt.From);
            }
            catch (Exception failure)
            {
                // In this order: whoever learns of the failure and sends again must not meet this producer any more.
                _owner.Fail(failure);
                foreach (Waiting waiting in call.Batches)
                    waiting.Stored?.TrySetException(failure);
                return;
            }
        }
    }

    private Call? TakeCall()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 || _owner.HasFailed)
            {
                _isSending = false;
                return null;
            }

            int count = CountForCall();
            var batches = new Waiting[count];
            var wire = new WireBatch[count];
            long sequence = _sequence;
            for (int i = 0; i < count; i++)
            {
                batches[i] = _waiting.Dequeue();
                wire[i] = batches[i].Batch;
                _sequence += OffsetsOf(wire[i]);
            }

            return new Call(batches, new WireAppend
            {
                Producer = _owner.Identity.Name,
                ProducerEpoch = _owner.Identity.Epoch,
                Sequence = sequence,
                Batches = wire,
            });
        }
    }

    private int CountForCall()
    {
        int count = 0;
        long events = 0;
        long bytes = 0;
        foreach (Waiting waiting in _waiting)
        {
            events += waiting.Batch.Count;
            bytes += waiting.Batch.Payload.Length;
            if (count > 0 && (count == CallBatches || events > CallEvents || bytes > CallBytes))
                break;
            count++;
        }

        return count;
    }

    private void Settle(Call call, long from)
    {
        long bytes = 0;
        foreach (Waiting waiting in call.Batches)
        {
            long next = from + OffsetsOf(waiting.Batch);
            bytes += waiting.Batch.Payload.Length + BatchOverhead;
            waiting.Stored?.TrySetResult(from);
            _owner.Stored?.Invoke(new BatchReceipt(_owner.Topic, _partition, from, next));
            from = next;
        }

        lock (_gate)
        {
            _stored += call.Batches.Length;
            while (_flushes.TryPeek(out var flush) && flush.Upto <= _stored)
                _flushes.Dequeue().Stored.SetResult();
        }

        _owner.Room.Release(bytes);
    }

    private readonly record struct Waiting(WireBatch Batch, TaskCompletionSource<long>? Stored);

    private sealed record Call(Waiting[] Batches, WireAppend Append);
}
