namespace Weir.Protocol.Tests.Placement;

using Weir.Engine.Streams;
using Weir.Protocol.Placement;

public sealed class RendezvousTests
{
    private const int Items = 64;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public void NoSiloHasMoreThanItsShare(int silos)
    {
        for (ulong family = 0; family < 50; family++)
        {
            int[] places = Rendezvous.Assign(family, Items, Silos(silos));
            int share = (Items + silos - 1) / silos;
            Assert.All(places, place => Assert.InRange(place, 0, silos - 1));
            Assert.All(places.GroupBy(place => place), silo => Assert.InRange(silo.Count(), 1, share));
        }
    }

    [Fact]
    public void TheOrderInWhichSilosAreNamed_DoesNotMatter()
    {
        ulong[] silos = Silos(5);
        ulong[] turned = [.. silos.Skip(2), .. silos.Take(2)];
        int[] places = Rendezvous.Assign(7, Items, silos);
        int[] others = Rendezvous.Assign(7, Items, turned);
        Assert.Equal(places.Select(place => silos[place]), others.Select(place => turned[place]));
    }

    [Fact]
    public void ValuesArePinned_BecauseAllVersionsOfSilosMustAgree() =>
        Assert.Equal([2, 1, 0, 0, 2, 2, 0, 1], Rendezvous.Assign(42, 8, [11, 22, 33]));

    /// <summary>
    /// What has to move is the share of who comes or goes. Even shares cost more than that: on average not half as much again.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(9)]
    public void WhenASiloComesOrGoes_LittleMoreThanItsShareMoves(int silos)
    {
        const int families = 200;
        int moved = 0;
        for (ulong family = 0; family < families; family++)
            moved += Moved(family * 1000, Silos(silos), Silos(silos + 1));

        double least = (double)families * Items / (silos + 1);
        Assert.InRange(moved / least, 0.9, 1.5);
    }

    /// <summary>An item alone moves only if its silo goes or a heavier one comes.</summary>
    [Fact]
    public void AnItemAlone_StaysUnlessItsSiloGoes()
    {
        ulong[] silos = Silos(6);
        for (ulong family = 0; family < 200; family++)
        {
            ulong owner = silos[Rendezvous.Assign(family, 1, silos)[0]];
            foreach (ulong gone in silos.Where(silo => silo != owner))
            {
                ulong[] left = [.. silos.Where(silo => silo != gone)];
                Assert.Equal(owner, left[Rendezvous.Assign(family, 1, left)[0]]);
            }
        }
    }

    private static int Moved(ulong family, ulong[] before, ulong[] after)
    {
        int[] first = Rendezvous.Assign(family, Items, before);
        int[] second = Rendezvous.Assign(family, Items, after);
        return Enumerable.Range(0, Items).Count(item => before[first[item]] != after[second[item]]);
    }

    private static ulong[] Silos(int count) =>
        [.. Enumerable.Range(0, count).Select(silo => StableHash.Of($"127.0.0.1:{silo + 11111}@1".AsSpan()))];
}
