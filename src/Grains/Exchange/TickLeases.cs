namespace Weir.Grains.Exchange;

using System.Collections.Concurrent;
using System.Globalization;
using Weir.Contracts.Topics;

/// <summary>
/// Keeps the ingestion clocks of topics ticking while something waits for them: a pending processing timer, or a
/// source that must notice idleness. A lease lasts a minute; it is renewed at most every 20 seconds.
/// </summary>
internal sealed class TickLeases(IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<string, long> _renewed = new();

    public void Renew(string topic, int partitions)
    {
        long now = time.GetTimestamp();
        long last = _renewed.GetOrAdd(topic, 0);
        if (last != 0 && time.GetElapsedTime(last, now) < Renewal)
            return;
        if (!_renewed.TryUpdate(topic, now, last))
            return;
        for (int partition = 0; partition < partitions; partition++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"t:{topic}/{partition}");
            grains.GetGrain<IAppendGrain>(key).LeaseTicksAsync().Ignore();
        }
    }
}
