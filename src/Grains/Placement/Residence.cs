namespace Weir.Grains.Placement;

using Orleans.Runtime;
using Orleans.Runtime.Placement;

/// <summary>
/// Tells an activation that its grain should stand elsewhere by now. It is asked with every call, so it looks only when
/// the layout has changed.
/// </summary>
internal sealed class Residence(SiloLayout layout, Places places, IGrainContext context)
{
    private int _seen = layout.Current.Version;

    /// <summary>
    /// Ends an activation, once it has no call under way, and brings about the next one on another silo. To deactivate
    /// it alone would not do: whoever remembers this silo sends the next call here, and Orleans would begin it anew here.
    /// </summary>
    public static void Move(IGrainBase grain, SiloAddress to)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, to);
        grain.MigrateOnIdle();
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
    }

    /// <summary>Whether the activation should end, so that the grain's next one stands where it belongs.</summary>
    public bool HasMoved()
    {
        int version = layout.Current.Version;
        if (version == _seen)
            return false;
        _seen = version;
        return !layout.IsHere(places.Of(context.GrainId));
    }
}

/// <summary>Makes residences.</summary>
internal sealed class ResidenceFactory(SiloLayout layout, Places places)
{
    public Residence Of(IGrainContext context) => new(layout, places, context);
}
