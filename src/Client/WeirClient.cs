namespace Weir.Client;

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Weir.Client.Calls;
using Weir.Client.History;
using Weir.Client.Reading;
using Weir.Client.Sending;
using Weir.Client.Views;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>See <see cref="IWeirClient"/>.</summary>
internal sealed class WeirClient : IWeirClient
{
    private static readonly ProducerOptions SharedProducer = new();
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, TopicAppender> _senders = new(StringComparer.Ordinal);
    private readonly WeirGrains _grains;
    private readonly CodecRegistry _codecs;
    private readonly GrainCalls _calls;
    private readonly TopicDirectory _topics;
    private readonly ViewDirectory _views;

    public WeirClient(
        IGrainFactory grains,
        CodecRegistry codecs,
        GatewayWatch gateways,
        IOptions<WeirClientOptions> options,
        ILocalGroups? local = null)
    {
        options.Value.Validate();
        _grains = new WeirGrains(grains);
        _codecs = codecs;
        _calls = new GrainCalls(options.Value.RetryFor, options.Value.TimeProvider, gateways);
        _topics = new TopicDirectory(_grains, _calls);
        _views = new ViewDirectory(_grains, _calls, local);
        Json = new JsonClient(_grains, _topics, _views, _calls);
    }

    public IJsonClient Json { get; }

    public async Task<TopicDescription> CreateTopicAsync(
        Topic topic, TopicOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var definition = new TopicDefinition
        {
            Schema = topic.Schema,
            Partitions = options?.Partitions,
            RetentionAge = options?.RetentionAge,
            RetentionBytes = options?.RetentionBytes,
        };
        _topics.Forget(topic.Name);
        return await _calls.AskAsync(
            () => _grains.Topic(topic.Name).CreateAsync(definition), $"create the topic '{topic.Name}'", cancellation)
            .ConfigureAwait(false);
    }

    public Task<TopicDescription?> FindTopicAsync(string topic, CancellationToken cancellation = default) =>
        _topics.FindAsync(topic, cancellation);

    public async Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellation = default) =>
        await _calls.AskAsync(() => _grains.Catalog.ListTopicsAsync(), "list the topics", cancellation)
            .ConfigureAwait(false);

    public async Task<SendReceipt> SendAsync<T>(Topic<T> topic, T value, CancellationToken cancellation = default) =>
        (await SendAsync(topic, [value], cancellation).ConfigureAwait(false))[0];

    public async Task<IReadOnlyList<SendReceipt>> SendAsync<T>(
        Topic<T> topic, IReadOnlyList<T> batch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(batch);
        (TopicAppender sender, PartitionLane[] lanes) =
            await ReadySenderOfAsync(topic.Name, cancellation).ConfigureAwait(false);
        var encoder = new EventEncoder<T>(topic, _codecs);
        var places = new (int Partition, int Index)[batch.Count];
        for (int i = 0; i < places.Length; i++)
            places[i] = encoder.Add(batch[i], sender, lanes.Length);
        encoder.Check();

        var first = new Dictionary<int, TaskCompletionSource<long>>();
        foreach (int partition in encoder.Touched)
        {
            var stored = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            encoder.Post(partition, lanes[partition], stored);
            first.Add(partition, stored);
        }

        await Task.WhenAll(first.Values.Select(stored => stored.Task)).WaitAsync(cancellation).ConfigureAwait(false);
        return
        [
            .. places.Select(place => new SendReceipt(
                topic.Name, place.Partition, first[place.Partition].Task.Result + place.Index)),
        ];
    }

    public Producer<T> CreateProducer<T>(Topic<T> topic, ProducerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(topic);
        options ??= new ProducerOptions();
        options.Validate();
        var identity = ProducerIdentity.Of(options, _calls.Clock);
        var calls = new GrainCalls(options.RetryFor ?? _calls.RetryFor, _calls.Clock, _calls.Gateways);
        return new Producer<T>(topic, _codecs, new TopicAppender(_topics, topic.Name, calls, identity, options));
    }

    public Task SealAsync(string topic, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        return _calls.AskAsync(() => _grains.Topic(topic).SealAsync(), $"seal the topic '{topic}'", cancellation);
    }

    public IAsyncEnumerable<TopicEvent<T>> ReadAsync<T>(
        Topic<T> topic, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var pages = new TypedPages<T>(topic, _codecs, _grains.Topic(topic.Name), _calls);
        return new TopicReader<T>(_topics, pages, options ?? new ReadOptions()).ReadAsync(cancellation);
    }

    public Task<JobStatus> StartJobAsync(string job, CancellationToken cancellation = default) =>
        StartJobAsync(job, StartOptions.Default, cancellation);

    public Task<JobStatus> StartJobAsync(
        string job, StartOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        string what = $"start the job '{job}'";

        // A second start from elsewhere is refused once the first has begun, and that must not come before its answer.
        return options.From is null && !options.Anew
            ? _calls.InsistAsync(() => Job(job).StartAsync(options), what, cancellation)
            : _calls.AskAsync(() => Job(job).StartAsync(options), what, cancellation);
    }

    public Task<JobStatus> StopJobAsync(string job, CancellationToken cancellation = default) =>
        StopJobAsync(job, StopOptions.Default, cancellation);

    public Task<JobStatus> StopJobAsync(
        string job, StopOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        StopOptions identified = options.Request == default ? options with { Request = Guid.NewGuid() } : options;
        return _calls.AskAsync(() => Job(job).StopAsync(identified), $"stop the job '{job}'", cancellation);
    }

    public Task<CheckpointDescription> TakeSavepointAsync(
        string job, string name, CancellationToken cancellation = default)
    {
        // The same in every attempt: one whose answer was lost is no conflict.
        var request = Guid.NewGuid();
        return _calls.AskAsync(
            () => Job(job).TakeSavepointAsync(name, request), $"take a savepoint of the job '{job}'", cancellation);
    }

    public Task DeleteSavepointAsync(string job, string name, CancellationToken cancellation = default) =>
        _calls.AskAsync(
            async () =>
            {
                await Job(job).DeleteSavepointAsync(name).ConfigureAwait(false);
                return true;
            },
            $"delete the savepoint '{name}' of the job '{job}'",
            cancellation);

    public async Task<IReadOnlyList<CheckpointDescription>> ListCheckpointsAsync(
        string job, CancellationToken cancellation = default) =>
        await _calls.AskAsync(
            () => Job(job).ListCheckpointsAsync(), $"list the checkpoints of the job '{job}'", cancellation)
            .ConfigureAwait(false);

    public Task<JobStatus> DescribeJobAsync(string job, CancellationToken cancellation = default) =>
        _calls.InsistAsync(() => Job(job).DescribeAsync(), $"describe the job '{job}'", cancellation);

    public async Task<IReadOnlyList<JobStatus>> ListJobsAsync(CancellationToken cancellation = default) =>
        await _calls.InsistAsync(() => _grains.Catalog.ListJobsAsync(), "list the jobs", cancellation)
            .ConfigureAwait(false);

    public async Task<JobStatus> WaitForJobAsync(
        string job, Func<JobStatus, bool> until, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(until);
        for (TimeSpan pause = ShortestPoll; ; pause = pause * 2 < LongestPoll ? pause * 2 : LongestPoll)
        {
            JobStatus status = await DescribeJobAsync(job, cancellation).ConfigureAwait(false);
            if (until(status))
                return status;
            if (status.State == JobState.Failed)
                throw new WeirException(WeirError.JobFailed, $"The job '{job}' has failed: {status.Failure}");
            await Task.Delay(pause, _calls.Clock, cancellation).ConfigureAwait(false);
        }
    }

    public IKeyedView<TKey, TValue> View<TKey, TValue>(string job, View<TKey, TValue> view)
        where TKey : notnull
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentNullException.ThrowIfNull(view);
        return new KeyedView<TKey, TValue>(_views, job, view, _codecs);
    }

    public IJobHistory History(string job)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        return new JobHistory(_grains, _calls, job);
    }

    public IQuarantine Quarantine(string job)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        return new Quarantine(_grains, _calls, job);
    }

    public Task<KeyReport?> InspectAsync<TKey>(
        string job, string operatorName, TKey key, CancellationToken cancellation = default)
        where TKey : notnull => Json.InspectAsync(job, operatorName, KeyText.Format(key), cancellation);

    private IJobGrain Job(string job)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        return _grains.Job(job);
    }

    // One producer a topic, so that single sends share calls. One that has failed is replaced: each send here stands
    // for itself, and the next one may well succeed.
    private TopicAppender SenderOf(string topic)
    {
        TopicAppender sender = _senders.GetOrAdd(topic, NewSender);
        if (!sender.HasFailed)
            return sender;
        _senders.TryRemove(new KeyValuePair<string, TopicAppender>(topic, sender));
        return _senders.GetOrAdd(topic, NewSender);
    }

    private async ValueTask<(TopicAppender Sender, PartitionLane[] Lanes)> ReadySenderOfAsync(
        string topic, CancellationToken cancellation)
    {
        while (true)
        {
            TopicAppender sender = SenderOf(topic);
            try
            {
                return (sender, await sender.ReadyAsync(cancellation).ConfigureAwait(false));
            }
            catch (WeirException) when (sender.HasFailed)
            {
                // It failed with the event of somebody else while this one waited for room.
            }
        }
    }

    private TopicAppender NewSender(string topic) =>
        new(_topics, topic, _calls, ProducerIdentity.Create(), SharedProducer);
}
