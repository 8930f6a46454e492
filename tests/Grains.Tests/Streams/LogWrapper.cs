namespace Weir.Grains.Tests.Streams;

using Weir.Protocol.Logs;

/// <summary>A log that does what another does, for tests to change one thing of it.</summary>
public class LogWrapper(IEventLog log) : IEventLog
{
    public virtual LogCapabilities Capabilities => log.Capabilities;

    public Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default) =>
        log.CreateTopicAsync(spec, cancellation);

    public Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default) =>
        log.FindTopicAsync(topic, cancellation);

    public virtual Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default) =>
        log.ListTopicsAsync(cancellation);

    public Task DeleteTopicAsync(string topic, CancellationToken cancellation = default) =>
        log.DeleteTopicAsync(topic, cancellation);

    public virtual Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default) =>
        log.AppendAsync(request, cancellation);

    public virtual Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default) =>
        log.ReadAsync(partition, from, limits, cancellation);

    public virtual Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default) =>
        log.DescribeAsync(partition, cancellation);

    public Task<long?> LastSequenceAsync(
        string producer, TopicPartition partition, CancellationToken cancellation = default) =>
        log.LastSequenceAsync(producer, partition, cancellation);

    public Task<IReadOnlyList<string>> ListProducersAsync(
        TopicPartition partition, string prefix, CancellationToken cancellation = default) =>
        log.ListProducersAsync(partition, prefix, cancellation);

    public Task<long> SupersedeAsync(SupersedeRequest request, CancellationToken cancellation = default) =>
        log.SupersedeAsync(request, cancellation);

    public Task SealAsync(string topic, CancellationToken cancellation = default) => log.SealAsync(topic, cancellation);

    public Task PinAsync(
        string pin, TopicPartition partition, long offset, CancellationToken cancellation = default) =>
        log.PinAsync(pin, partition, offset, cancellation);

    public Task ReleasePinAsync(string pin, CancellationToken cancellation = default) =>
        log.ReleasePinAsync(pin, cancellation);

    public Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default) =>
        log.TruncateAsync(partition, before, cancellation);

    public Task ApplyRetentionAsync(CancellationToken cancellation = default) => log.ApplyRetentionAsync(cancellation);

    public virtual IDisposable Watch(Action<TopicPartition, long> appended) => log.Watch(appended);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return log.DisposeAsync();
    }
}

/// <summary>Counts reads that gave something, and fails those of a partition while told to.</summary>
public sealed class ProbedLog(IEventLog log) : LogWrapper(log)
{
    private int _reads;
    private volatile EventLogException? _failure;

    public int Reads => Volatile.Read(ref _reads);

    public EventLogException? Failure
    {
        get => _failure;
        set => _failure = value;
    }

    public override async Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default)
    {
        if (Failure is { } failure)
            throw failure;
        LogFetch fetch = await base.ReadAsync(partition, from, limits, cancellation);
        if (partition.Partition == 0 && fetch.Batches.Count > 0)
            Interlocked.Increment(ref _reads);
        return fetch;
    }
}

/// <summary>A log that other processes append to: this one notices nothing by itself.</summary>
public sealed class UnwatchedLog(IEventLog log) : LogWrapper(log)
{
    public override IDisposable Watch(Action<TopicPartition, long> appended) => base.Watch((_, _) => { });
}
