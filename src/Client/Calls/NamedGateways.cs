namespace Weir.Client.Calls;

using System.Net;
using Orleans.Messaging;
using Weir.Contracts;

/// <summary>
/// The gateways that an application has named, looked up anew whenever Orleans asks: a silo that comes back under another
/// address is found. If no name is known at the moment, the addresses before are kept.
/// </summary>
internal sealed class NamedGateways(IReadOnlyList<string> names) : IGatewayListProvider
{
    private IList<Uri> _last = [];

    public TimeSpan MaxStaleness => WeirGateways.Refresh;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => GetGateways();

    public async Task<IList<Uri>> GetGateways()
    {
        try
        {
            IPEndPoint[] found = await GatewayAddress.ResolveAsync(names, CancellationToken.None).ConfigureAwait(false);
            _last = [.. found.Select(each => new Uri($"gwy.tcp://{each}/0"))];
        }
        catch (WeirException) when (_last.Count > 0)
        {
            // The name server is away; the silos may well be there.
        }

        return _last;
    }
}
