namespace Weir.Client;

using Weir.Client.Sending;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Sends events to a topic at high rates. A send returns as soon as there is room in memory; the events are encoded by
/// then, one call to each partition is in flight, and whatever waits goes into the next call.
/// <see cref="FlushAsync"/> waits until everything is stored.
/// </summary>
/// <remarks>
/// <para>Thread-safe. The order within a partition is the order of calls, as long as each is awaited before the next.
/// </para>
/// <para>An append that gets no answer is repeated under the same sequence number, so it is stored once. A refusal, or
/// no answer for as long as <see cref="ProducerOptions.RetryFor"/>, ends the producer: the pending and all later calls
/// throw a <see cref="WeirException"/>, and nothing is sent past the gap. A new producer of the same name learns what
/// is stored (<see cref="StoredAsync"/>).</para>
/// </remarks>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class Producer<T> : IAsyncDisposable
{
    private readonly CodecRegistry _codecs;
    private readonly TopicAppender _appender;
    private EventEncoder<T>? _spare;
    private volatile bool _isDisposed;

    internal Producer(Topic<T> topic, CodecRegistry codecs, TopicAppender appender)
    {
        Topic = topic;
        _codecs = codecs;
        _appender = appender;
        _spare = new EventEncoder<T>(topic, codecs);
    }

    /// <summary>The topic.</summary>
    public Topic<T> Topic { get; }

    /// <summary>The name under which the log counts what this producer sends.</summary>
    public string Name => _appender.Identity.Name;

    /// <summary>Sends an event as a batch of its own.</summary>
    /// <exception cref="WeirException">The producer has failed, or the topic does not exist.</exception>
    public ValueTask SendAsync(T value, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_appender.IsReady)
            return SendLaterAsync(value, cancellation);
        SendNow(value, _appender.Lanes!);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Sends events as one batch for each partition that they belong to: a batch is stored as a unit, and its
    /// boundaries are part of the data. Without a key, all go to one partition. An empty list sends nothing.
    /// </summary>
    /// <param name="batch">The events; not to be changed before the call has completed.</param>
    /// <param name="cancellation">Stops the wait for room; nothing of the batch is sent then.</param>
    /// <exception cref="WeirException">As for <see cref="SendAsync"/>; or the events of one partition take more than
    /// 15 MiB (<see cref="WeirError.InvalidRequest"/>): nothing of the batch is sent, the producer goes on.</exception>
    public ValueTask SendBatchAsync(IReadOnlyList<T> batch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_appender.IsReady)
            return SendBatchLaterAsync(batch, cancellation);
        SendBatchNow(batch, _appender.Lanes!);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// States, in every partition, that the event time of what this producer sends has reached a point: sources may
    /// advance their watermarks without an event. It takes one offset in each partition.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is <see cref="EventTime.None"/>.</exception>
    /// <exception cref="WeirException">As for <see cref="SendAsync"/>.</exception>
    public async ValueTask AdvanceAsync(EventTime time, CancellationToken cancellation = default)
    {
        if (!time.HasValue)
            throw new ArgumentOutOfRangeException(nameof(time), "An advance needs a time.");
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        PartitionLane[] lanes = await _appender.ReadyAsync(cancellation).ConfigureAwait(false);
        var advance = new WireBatch { Kind = BatchKind.Advance, Time = time };
        foreach (PartitionLane lane in lanes)
            lane.Post(advance, [], stored: null);
    }

    /// <summary>Waits until everything that was sent before this call is stored.</summary>
    /// <exception cref="WeirException">The producer has failed.</exception>
    public Task FlushAsync(CancellationToken cancellation = default) => _appender.FlushAsync(cancellation);

    /// <summary>
    /// How much the log had of this producer's name when the producer connected, by partition: the number of events,
    /// plus one for each advance. A program that sends the same events in the same order again skips these. All 0 for a
    /// producer without a given name.
    /// </summary>
    /// <exception cref="WeirException">For example <see cref="WeirError.UnknownTopic"/>, or
    /// <see cref="WeirError.ProducerFenced"/> if a newer producer of the name has sent.</exception>
    public async Task<IReadOnlyList<long>> StoredAsync(CancellationToken cancellation = default)
    {
        PartitionLane[] lanes = await _appender.OpenAsync(cancellation).ConfigureAwait(false);
        return [.. lanes.Select(lane => lane.StoredBefore)];
    }

    /// <summary>Takes no more events and waits until all are stored. May be repeated.</summary>
    /// <exception cref="WeirException">The producer has failed, so that some events are not known to be stored.
    /// </exception>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        await FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private async ValueTask SendLaterAsync(T value, CancellationToken cancellation) =>
        SendNow(value, await _appender.ReadyAsync(cancellation).ConfigureAwait(false));

    private async ValueTask SendBatchLaterAsync(IReadOnlyList<T> batch, CancellationToken cancellation) =>
        SendBatchNow(batch, await _appender.ReadyAsync(cancellation).ConfigureAwait(false));

    private void SendNow(T value, PartitionLane[] lanes)
    {
        EventEncoder<T> encoder = Rent();
        try
        {
            encoder.Add(value, _appender, lanes.Length);
            Post(encoder, lanes);
        }
        finally
        {
            Return(encoder);
        }
    }

    private void SendBatchNow(IReadOnlyList<T> batch, PartitionLane[] lanes)
    {
        EventEncoder<T> encoder = Rent();
        try
        {
            for (int i = 0; i < batch.Count; i++)
                encoder.Add(batch[i], _appender, lanes.Length);
            Post(encoder, lanes);
        }
        finally
        {
            Return(encoder);
        }
    }

    private static void Post(EventEncoder<T> encoder, PartitionLane[] lanes)
    {
        encoder.Check();
        foreach (int partition in encoder.Touched)
            encoder.Post(partition, lanes[partition]);
    }

    // One encoder is kept; threads that send at the same moment make further ones.
    private EventEncoder<T> Rent() => Interlocked.Exchange(ref _spare, null) ?? new EventEncoder<T>(Topic, _codecs);

    private void Return(EventEncoder<T> encoder)
    {
        encoder.Clear();
        if (encoder.IsSmall)
            _spare = encoder;
    }
}
