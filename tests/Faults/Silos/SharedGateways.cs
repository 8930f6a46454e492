namespace Weir.Faults.Silos;

using System.Net;
using Orleans.Messaging;
using Orleans.Runtime;

/// <summary>Where clients reach the silos that a shared table has as alive.</summary>
internal sealed class SharedGateways(string path) : IGatewayListProvider
{
    private readonly SharedMembers _members = new(path);

    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(1);

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways() =>
    [
        .. (await _members.ReadAll()).Members
            .Select(member => member.Item1)
            .Where(member => member is { Status: SiloStatus.Active, ProxyPort: > 0 })
            .Select(member => new IPEndPoint(IPAddress.Loopback, member.ProxyPort).ToGatewayUri()),
    ];
}
