namespace Weir.Grains.Placement;

using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

/// <summary>
/// Places grains where the layout says; see <see cref="Layout"/>. It acts when a grain is activated: whoever stands
/// elsewhere because silos have come or gone since must be deactivated to move.
/// </summary>
[Serializable]
[GenerateSerializer]
[Alias("Weir.RendezvousPlacement")]
internal sealed class RendezvousPlacement : PlacementStrategy
{
}

/// <summary>Marks a grain class that is placed by rendezvous.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RendezvousPlacementAttribute() : PlacementAttribute(new RendezvousPlacement());

internal sealed class RendezvousDirector(Places places, SiloLayout layout) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] able;
        try
        {
            able = context.GetCompatibleSilos(target);
        }
        catch (OrleansException) when (layout.IsStopping)
        {
            // The last silo to stop counts no silo any more, itself neither. A grain has no other place than this one, and
            // that it ends here is no error that anybody should read of.
            return Task.FromResult(layout.Local);
        }

        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, able) is { } told)
            return Task.FromResult(told);
        Place place = places.Of(target.GrainIdentity);
        if (layout.Current.OwnerOf(place) is { } owner && able.AsSpan().Contains(owner))
            return Task.FromResult(owner);

        // Orleans knows of other silos than the layout does: right after one has come or gone.
        SiloAddress[] known = [.. able.Where(silo => !layout.IsLeaving(silo)).Order()];
        return Task.FromResult(new Layout(0, known.Length > 0 ? known : [.. able.Order()]).OwnerOf(place)
            ?? throw new OrleansException("No silo can host the grain."));
    }
}
