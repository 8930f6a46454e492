namespace Weir.Grains.Exchange;

using System.Collections.Concurrent;
using System.Globalization;
using Weir.Contracts.Topics;
using Weir.Grains.Placement;

/// <summary>
/// Keeps the ingestion clocks of topics ticking while something waits for them: a pending processing timer, or a
/// source that must notice idleness. A lease lasts a minute; it is renewed at most every 20 seconds, and at once when silos
/// have come or gone: who kept the clock may be gone with them.
/// </summary>
internal sealed class TickLeases(IGrainFactory grains, SiloLayout silos, TimeProvider time)
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<string, (long At, int Layout)> _renewed = new();

    public void Renew(string topic, int partitions)
    {
        (long At, int Layout) now = (time.GetTimestamp(), silos.Current.Version);
        (long At, int Layout) last = _renewed.GetOrAdd(topic, default((long, int)));
        if (last.At != 0 && last.Layout == now.Layout && time.GetElapsedTime(last.At, now.At) < Renewal)
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
