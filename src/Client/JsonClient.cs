namespace Weir.Client;

using Weir.Client.Calls;
using Weir.Client.Reading;
using Weir.Client.Views;
using Weir.Contracts.Keys;
using Weir.Contracts.Topics;

/// <summary>See <see cref="IJsonClient"/>.</summary>
internal sealed class JsonClient(WeirGrains grains, TopicDirectory topics, ViewDirectory views, GrainCalls calls)
    : IJsonClient
{
    private ReadAt _at;

    public async Task<IReadOnlyList<WireReceipt>> SendAsync(
        string topic, IReadOnlyList<string> events, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentNullException.ThrowIfNull(events);
        if (events.Count == 0)
            return [];
        return await GrainCalls.AskOnceAsync(
            () => grains.Topic(topic).SendJsonAsync([.. events]),
            $"send {events.Count} events to the topic '{topic}'",
            cancellation).ConfigureAwait(false);
    }

    public IAsyncEnumerable<TopicEvent<string>> ReadAsync(
        string topic, ReadOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        var pages = new JsonPages(topic, grains.Topic(topic), calls);
        return new TopicReader<string>(topics, pages, options ?? new ReadOptions()).ReadAsync(cancellation);
    }

    public IJsonClient At(ReadAt at) => new JsonClient(grains, topics, views, calls) { _at = at };

    public async Task<ViewAnswer<string>?> FindAsync(
        string job, string view, string key, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentException.ThrowIfNullOrEmpty(view);
        ArgumentNullException.ThrowIfNull(key);
        JsonAnswer? answer = await views.FindAsync(
            new KeyPlace(job, view, key),
            _at,
            new KeyQuestion<JsonAnswer?>(
                grain => grain.FindJsonAsync(_at),
                stored => stored.FindJsonAsync(key, _at),
                found => found?.Validity.Epoch),
            cancellation).ConfigureAwait(false);
        return answer is null ? null : ViewAnswer<string>.Of(answer.Json, answer.Validity);
    }

    public IAsyncEnumerable<string> ListKeysAsync(
        string job, string view, int pageSize = 1000, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentException.ThrowIfNullOrEmpty(view);
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, 10_000);
        return views.ListKeysAsync(new KeyPages(job, view, pageSize, _at), cancellation);
    }

    public Task<KeyReport?> InspectAsync(
        string job, string operatorName, string key, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        ArgumentException.ThrowIfNullOrEmpty(operatorName);
        ArgumentNullException.ThrowIfNull(key);
        return views.InspectAsync(new KeyPlace(job, operatorName, key), _at, cancellation);
    }
}
