namespace Weir.Protocol.Placement;

using Weir.Engine.Streams;

/// <summary>
/// Shares out the items of a family, such as the key groups of an operator or the queue slots, among silos. Invariant:
/// the answer follows from the family, the number of items and the set of silos alone, so that whoever knows them says
/// the same; and no silo has more than its share, the number of items by that of silos, rounded up.
/// </summary>
/// <remarks>
/// Every item has a weight with every silo. Pairs are taken from the heaviest down: the item goes to the silo if it has
/// no place yet and the silo has room. Because weights do not depend on who else is there, an item moves only when its
/// silo goes, when a silo comes that is heavier, or when room was made or taken by that.
/// Three items, silos A and B, so a share is 2; weights with A are 9, 7, 5 and with B 8, 6, 1. Item 0 goes to A (9) and
/// item 1 to A (7); then A is full, and item 2 goes to B (1) although A is heavier (5).
/// </remarks>
public static class Rendezvous
{
    /// <summary>The silo of every item, as an index into <paramref name="silos"/>.</summary>
    /// <param name="family">Names the family.</param>
    /// <param name="items">How many items there are; 0 or more.</param>
    /// <param name="silos">A number for each silo, the same for whoever asks; 1 or more, in any order.</param>
    public static int[] Assign(ulong family, int items, IReadOnlyList<ulong> silos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        ArgumentNullException.ThrowIfNull(silos);
        ArgumentOutOfRangeException.ThrowIfZero(silos.Count);
        var places = new int[items];
        if (silos.Count == 1)
            return places;
        Array.Fill(places, -1);
        var room = new int[silos.Count];
        Array.Fill(room, (items + silos.Count - 1) / silos.Count);
        foreach (Pair pair in Pairs(family, items, silos))
        {
            if (places[pair.Item] >= 0 || room[pair.Silo] == 0)
                continue;
            places[pair.Item] = pair.Silo;
            room[pair.Silo]--;
        }

        return places;
    }

    private static Pair[] Pairs(ulong family, int items, IReadOnlyList<ulong> silos)
    {
        var pairs = new Pair[items * silos.Count];
        for (int item = 0; item < items; item++)
        {
            ulong key = StableHash.Mix(family + (ulong)item);
            for (int silo = 0; silo < silos.Count; silo++)
            {
                ulong weight = StableHash.Mix(key ^ StableHash.Mix(silos[silo]));
                pairs[(item * silos.Count) + silo] = new Pair(weight, silos[silo], item, silo);
            }
        }

        Array.Sort(pairs);
        return pairs;
    }

    private readonly record struct Pair(ulong Weight, ulong Id, int Item, int Silo) : IComparable<Pair>
    {
        // The heaviest first. The order of the list of silos must play no part, so equal weights go by what they are of.
        public int CompareTo(Pair other)
        {
            int order = other.Weight.CompareTo(Weight);
            if (order == 0)
                order = Id.CompareTo(other.Id);
            return order == 0 ? Item.CompareTo(other.Item) : order;
        }
    }
}
