namespace Weir.Grains.Tests.Placement;

using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Weir.Grains.Placement;
using Weir.Grains.Streams;

/// <summary>Where no silo counts as able, a grain stays on one that stops, and is refused by one that does not.</summary>
public sealed class RendezvousDirectorTests
{
    private readonly SiloLayout _layout = new(null!, null!, new Here());

    [Fact]
    public async Task TheLastSiloToStop_KeepsItsGrains()
    {
        _layout.Stop();
        Assert.Equal(_layout.Local, await PlaceAsync());
    }

    [Fact]
    public async Task ASiloThatRuns_RefusesAGrainThatNobodyHosts() =>
        await Assert.ThrowsAsync<OrleansException>(PlaceAsync);

    private Task<SiloAddress> PlaceAsync()
    {
        var director = new RendezvousDirector(new Places(Options.Create(new WeirStreamOptions())), _layout);
        var target = new PlacementTarget(GrainId.Create("weirjob", "j:any"), [], GrainInterfaceType.Create("any"), 0);
        return director.OnAddActivation(new RendezvousPlacement(), target, new NoSilo());
    }

    private sealed class Here : ILocalSiloDetails
    {
        public string Name => "here";

        public string ClusterId => "tests";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress { get; } = SiloAddress.New(IPAddress.Loopback, 1, 1);

        public SiloAddress GatewayAddress => throw new NotSupportedException();
    }

    /// <summary>What Orleans says when it knows of no silo.</summary>
    private sealed class NoSilo : IPlacementContext
    {
        public SiloAddress LocalSilo => throw new NotSupportedException();

        public SiloStatus LocalSiloStatus => throw new NotSupportedException();

        public SiloAddress[] GetCompatibleSilos(PlacementTarget target) => throw new OrleansException("No active nodes.");

        public IReadOnlyDictionary<ushort, SiloAddress[]> GetCompatibleSilosWithVersions(PlacementTarget target) =>
            throw new NotSupportedException();
    }
}
