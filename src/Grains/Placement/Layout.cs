namespace Weir.Grains.Placement;

using System.Collections.Concurrent;
using Orleans.Runtime;
using Weir.Engine.Streams;
using Weir.Protocol.Placement;

/// <summary>
/// Where everything stands while the same silos are there; see <see cref="Rendezvous"/>. Immutable to whoever asks.
/// </summary>
/// <param name="version">Grows with every change, on this silo.</param>
/// <param name="silos">The silos, ordered.</param>
internal sealed class Layout(int version, SiloAddress[] silos)
{
    private readonly SiloAddress[] _silos = silos;
    private readonly ulong[] _ids = [.. silos.Select(IdOf)];
    private readonly ConcurrentDictionary<(string Family, int Items), int[]> _families = new();

    public int Version => version;

    public IReadOnlyList<SiloAddress> Silos => _silos;

    /// <summary>The silo of a place, or null if there is none at all.</summary>
    public SiloAddress? OwnerOf(Place place)
    {
        if (_silos.Length == 0)
            return null;
        // Names of things that stand alone come from outside: what is remembered of them would have no bound.
        int[] owners = place.Items == 1
            ? Assign(place.Family, 1)
            : _families.GetOrAdd((place.Family, place.Items), key => Assign(key.Family, key.Items));
        return _silos[owners[place.Item]];
    }

    public bool Has(SiloAddress silo) => Array.IndexOf(_silos, silo) >= 0;

    public bool HasSameSilos(Layout other) => HasSameSilos(other._silos);

    public bool HasSameSilos(SiloAddress[] others) => _silos.AsSpan().SequenceEqual(others);

    // A silo that was started again at the same address is another one: nothing that stood there stands there now.
    private static ulong IdOf(SiloAddress silo) => StableHash.Of(silo.ToParsableString().AsSpan());

    private int[] Assign(string family, int items) => Rendezvous.Assign(StableHash.Of(family.AsSpan()), items, _ids);
}
