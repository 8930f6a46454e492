namespace Weir.Connectors.Chunks;

using System.Collections.Immutable;
using Weir.Protocol.Logs;

/// <summary>Who wants to hear of appends. Calls are hints: a watcher that fails is not told so and disturbs nobody.
/// </summary>
internal sealed class AppendWatchers
{
    private ImmutableArray<Subscription> _subscriptions = [];

    public IDisposable Add(Action<TopicPartition, long> appended)
    {
        ArgumentNullException.ThrowIfNull(appended);
        var subscription = new Subscription(this, appended);
        ImmutableInterlocked.Update(ref _subscriptions, static (all, added) => all.Add(added), subscription);
        return subscription;
    }

    public void Notify(TopicPartition partition, long next)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            try
            {
                subscription.Appended(partition, next);
            }
            catch (Exception)
            {
                // The writer serves everybody; a reader that misses a hint looks again by itself.
            }
        }
    }

    private sealed class Subscription(AppendWatchers owner, Action<TopicPartition, long> appended) : IDisposable
    {
        public Action<TopicPartition, long> Appended { get; } = appended;

        public void Dispose() => ImmutableInterlocked.Update(
            ref owner._subscriptions, static (all, removed) => all.Remove(removed), this);
    }
}
