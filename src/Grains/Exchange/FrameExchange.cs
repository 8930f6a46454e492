namespace Weir.Grains.Exchange;

using System.Collections.Concurrent;
using Orleans.Runtime;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Grains.Placement;

/// <summary>
/// Brings slices to the key groups of other silos. A group is looked for where the layout says first, then where its
/// grain is. Invariant: one lane or one search has a channel at a time, so its slices stay in order.
/// </summary>
internal sealed class FrameExchange(
    SiloServices services, SiloLayout layout, Places places, IGrainFactory grains, ExchangeMetrics metrics)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<LaneTarget, FrameLane> _lanes = new();

    /// <summary>Takes over a channel that has something.</summary>
    public void Send(RemoteChannel channel)
    {
        channel.Owner ??= layout.Current.OwnerOf(places.OfGroup(channel.Address));

        // It would have been found here; perhaps it is about to be.
        if (channel.Owner is not { } owner || owner.Equals(layout.Local))
            Find(channel);
        else
            LaneTo(owner, channel).Add(channel);
    }

    /// <summary>Looks for the group of a channel and goes on from there.</summary>
    public void Find(RemoteChannel channel) => FindAsync(channel).Ignore();

    /// <summary>Sends a frame and says what became of it.</summary>
    public async Task<ReadOnlyMemory<byte>> SendAsync(FrameLane lane, ByteWriter frame)
    {
        metrics.Sent(lane.Target.Job, frame.Length);
        return await services.At(lane.Target.Silo).TakeAsync(frame.WrittenMemory).ConfigureAwait(false);
    }

    /// <summary>Gives a channel back to its lane when its group may have room again.</summary>
    public async Task AddWhenRoomAsync(FrameLane lane, RemoteChannel channel)
    {
        try
        {
            await services.At(lane.Target.Silo)
                .WhenRoomAsync(channel.Address.ToString(), channel.Epoch, channel.Channel, channel.NextWeight)
                .ConfigureAwait(false);
        }
        catch (Exception)
        {
            Find(channel);
            return;
        }

        lane.Add(channel);
    }

    private FrameLane LaneTo(SiloAddress silo, RemoteChannel channel)
    {
        Forget();
        return _lanes.GetOrAdd(
            new LaneTarget(silo, channel.Address.Job, channel.Address.Operator),
            static (target, exchange) => new FrameLane(target, exchange),
            this);
    }

    private async Task FindAsync(RemoteChannel channel)
    {
        channel.Owner = null;
        IKeyGroupGrain group = grains.GetGrain<IKeyGroupGrain>(channel.Address.ToString());
        for (int attempt = 0; !channel.Sender.IsClosed; attempt++)
        {
            try
            {
                GroupLocation location = await group.LocateAsync(channel.Epoch).ConfigureAwait(false);
                if (location.IsOver)
                    break;
                if (location.Silo is { } silo)
                {
                    channel.Owner = silo;
                    LaneTo(silo, channel).Add(channel);
                    return;
                }
            }
            catch (Exception)
            {
                // Its silo is gone, or nobody knows yet. Who opened the epoch ends it when it is lost.
            }

            TimeSpan pause = TimeSpan.FromMilliseconds(1 << Math.Min(attempt, 7));
            await Task.Delay(pause < LongestPause ? pause : LongestPause).ConfigureAwait(false);
        }

        channel.Drop();
    }

    // A lane holds nothing that matters once its silo is gone; with many silos over time they would pile up.
    private void Forget()
    {
        if (_lanes.Count <= layout.Current.Silos.Count * 64)
            return;
        foreach (LaneTarget target in _lanes.Keys.Where(target => !layout.Current.Has(target.Silo)))
            _lanes.TryRemove(target, out _);
    }
}
