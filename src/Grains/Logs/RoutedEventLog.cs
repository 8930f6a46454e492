namespace Weir.Grains.Logs;

using Weir.Protocol.Logs;

/// <summary>
/// One log over several: topics that come from another system are read there, all others from the silo's own log.
/// Invariant: a topic has one log, and whatever fails in one log leaves the topics of the others alone.
/// </summary>
internal sealed class RoutedEventLog : IEventLog
{
    private readonly IEventLog _own;
    private readonly IEventLog[] _others;
    private readonly Dictionary<string, IEventLog> _routes;
    private readonly Dictionary<IEventLog, IReadOnlyList<TopicInfo>> _known = [];
    private readonly Lock _gate = new();

    public RoutedEventLog(IEventLog own, IReadOnlyList<TopicRoute> routes)
    {
        _own = own;
        _others = [.. routes.Select(route => route.Log)];
        _routes = routes
            .SelectMany(route => route.Topics.Select(topic => (topic, route.Log)))
            .ToDictionary(each => each.topic, each => each.Log, StringComparer.Ordinal);
    }

    public bool OwnsLog { get; init; }

    public LogCapabilities Capabilities => _own.Capabilities;

    public LogCapabilities CapabilitiesOf(string topic) => LogOf(topic).CapabilitiesOf(topic);

    public Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default) =>
        LogOf(spec.Name).CreateTopicAsync(spec, cancellation);

    public Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default) =>
        LogOf(topic).FindTopicAsync(topic, cancellation);

    public async Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default)
    {
        IReadOnlyList<TopicInfo>[] lists = await Task.WhenAll(
            _others.Select(log => ListAsync(log, cancellation)).Prepend(_own.ListTopicsAsync(cancellation)));
        return
        [
            .. lists[0].Where(topic => !_routes.ContainsKey(topic.Name))
                .Concat(lists.Skip(1).SelectMany(list => list))
                .OrderBy(topic => topic.Name, StringComparer.Ordinal),
        ];
    }

    public Task DeleteTopicAsync(string topic, CancellationToken cancellation = default) =>
        LogOf(topic).DeleteTopicAsync(topic, cancellation);

    public Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default) =>
        LogOf(request.Partition.Topic).AppendAsync(request, cancellation);

    public Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default) =>
        LogOf(partition.Topic).ReadAsync(partition, from, limits, cancellation);

    public Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default) =>
        LogOf(partition.Topic).DescribeAsync(partition, cancellation);

    public Task<long?> LastSequenceAsync(
        string producer, TopicPartition partition, CancellationToken cancellation = default) =>
        LogOf(partition.Topic).LastSequenceAsync(producer, partition, cancellation);

    public Task<IReadOnlyList<string>> ListProducersAsync(
        TopicPartition partition, string prefix, CancellationToken cancellation = default) =>
        LogOf(partition.Topic).ListProducersAsync(partition, prefix, cancellation);

    public Task<long> SupersedeAsync(SupersedeRequest request, CancellationToken cancellation = default) =>
        LogOf(request.Partition.Topic).SupersedeAsync(request, cancellation);

    public Task SealAsync(string topic, CancellationToken cancellation = default) =>
        LogOf(topic).SealAsync(topic, cancellation);

    public Task PinAsync(
        string pin, TopicPartition partition, long offset, CancellationToken cancellation = default) =>
        LogOf(partition.Topic).PinAsync(pin, partition, offset, cancellation);

    public async Task ReleasePinAsync(string pin, CancellationToken cancellation = default)
    {
        await _own.ReleasePinAsync(pin, cancellation);
        foreach (IEventLog log in _others)
            await log.ReleasePinAsync(pin, cancellation);
    }

    public Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default) =>
        LogOf(partition.Topic).TruncateAsync(partition, before, cancellation);

    public async Task ApplyRetentionAsync(CancellationToken cancellation = default)
    {
        await _own.ApplyRetentionAsync(cancellation);
        foreach (IEventLog log in _others)
            await log.ApplyRetentionAsync(cancellation);
    }

    public IDisposable Watch(Action<TopicPartition, long> appended) =>
        new Watchers([.. _others.Prepend(_own).Select(log => log.Watch(appended))]);

    public async ValueTask DisposeAsync()
    {
        foreach (IEventLog log in _others)
            await log.DisposeAsync();
        if (OwnsLog)
            await _own.DisposeAsync();
    }

    private IEventLog LogOf(string topic) => _routes.GetValueOrDefault(topic, _own);

    /// <summary>What the log has, or while it does not answer what it had.</summary>
    private async Task<IReadOnlyList<TopicInfo>> ListAsync(IEventLog log, CancellationToken cancellation)
    {
        try
        {
            IReadOnlyList<TopicInfo> topics = await log.ListTopicsAsync(cancellation);
            lock (_gate)
                _known[log] = topics;
            return topics;
        }
        catch (EventLogException)
        {
            lock (_gate)
                return _known.GetValueOrDefault(log, []);
        }
    }

    private sealed class Watchers(IDisposable[] watchers) : IDisposable
    {
        public void Dispose() => Array.ForEach(watchers, watcher => watcher.Dispose());
    }
}
