namespace Weir.Grains.Placement;

/// <summary>
/// What decides where something of a job stands: one of the items of a family that are shared out together.
/// </summary>
/// <param name="Family">Names the family, for example an operator of a job.</param>
/// <param name="Item">The item, for example a key group.</param>
/// <param name="Items">How many the family has.</param>
internal readonly record struct Place(string Family, int Item, int Items)
{
    /// <summary>The place of something that stands by itself.</summary>
    public static Place Alone(string name) => new(name, 0, 1);

    /// <summary>The place of a queue slot, and of what belongs beside its agent.</summary>
    public static Place OfSlot(int slot, int slots) => new("slots", slot, slots);
}
