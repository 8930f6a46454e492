namespace Weir.Faults.Silos;

using Weir.Protocol.Logs;

/// <summary>A log whose appends and reads have the troubles that they are told to have.</summary>
internal sealed class FaultyEventLog(IEventLog log, FaultSwitches switches) : IEventLog
{
    public LogCapabilities Capabilities => log.Capabilities;

    public Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default) =>
        TroubledAsync("log", () => log.AppendAsync(request, cancellation));

    public Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default) =>
        TroubledAsync("read", () => log.ReadAsync(partition, from, limits, cancellation));

    public Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default) =>
        log.CreateTopicAsync(spec, cancellation);

    public Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default) =>
        log.FindTopicAsync(topic, cancellation);

    public Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default) =>
        log.ListTopicsAsync(cancellation);

    public Task DeleteTopicAsync(string topic, CancellationToken cancellation = default) =>
        log.DeleteTopicAsync(topic, cancellation);

    public Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default) =>
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

    public IDisposable Watch(Action<TopicPartition, long> appended) => log.Watch(appended);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    private async Task<T> TroubledAsync<T>(string thing, Func<Task<T>> call)
    {
        try
        {
            return await ObeyAsync(thing, call);
        }
        catch (EventLogException refusal)
        {
            switches.Meet($"{thing}-{refusal.Error}".ToLowerInvariant());
            throw;
        }
    }

    private async Task<T> ObeyAsync<T>(string thing, Func<Task<T>> call)
    {
        (Trouble trouble, TimeSpan delay) = switches.Next(thing);
        switch (trouble)
        {
            case Trouble.Refused:
                throw new EventLogException(EventLogError.Unavailable, "The log was told to refuse this.");
            case Trouble.Full:
                throw new EventLogException(EventLogError.Full, "The log was told to have no room.");
            case Trouble.Lost:
                await call();
                throw new EventLogException(EventLogError.Unavailable, "The log was told to lose this answer.");
            case Trouble.Late:
                T answer = await call();
                await Task.Delay(delay);
                return answer;
            default:
                return await call();
        }
    }
}
