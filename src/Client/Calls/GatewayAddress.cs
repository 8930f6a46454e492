namespace Weir.Client.Calls;

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Weir.Contracts;

/// <summary>Addresses of gateways as people write them.</summary>
internal static class GatewayAddress
{
    private const int DefaultPort = 30000;

    public static async Task<IPEndPoint[]> ResolveAsync(
        IReadOnlyList<string> gateways, CancellationToken cancellation)
    {
        if (gateways is not { Count: > 0 })
            throw new WeirException(WeirError.InvalidRequest, "Name at least one gateway as host:port.");
        var found = new List<IPEndPoint>();
        foreach (string gateway in gateways)
        {
            (string host, int port) = Parse(gateway);
            found.Add(new IPEndPoint(await ResolveAsync(host, cancellation).ConfigureAwait(false), port));
        }

        return [.. found];
    }

    /// <summary><c>host</c>, <c>host:port</c>, <c>[::1]</c> or <c>[::1]:port</c>.</summary>
    public static (string Host, int Port) Parse(string gateway)
    {
        string text = gateway?.Trim() ?? "";
        int colon = text.LastIndexOf(':');
        bool hasPort = colon >= 0 && !text.EndsWith(']');
        string host = (hasPort ? text[..colon] : text).Trim('[', ']');
        int port = DefaultPort;
        bool isPort = !hasPort
            || (int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
                && port is >= 1 and <= 65535);
        bool isHost = Uri.CheckHostName(host) != UriHostNameType.Unknown;
        return isHost && isPort
            ? (host, port)
            : throw new WeirException(
                WeirError.InvalidRequest,
                $"'{gateway}' is not a gateway; write host:port, for example localhost:30000.");
    }

    // Silos listen on IPv4 unless told otherwise, so that address is taken if a name has several.
    private static async Task<IPAddress> ResolveAsync(string host, CancellationToken cancellation)
    {
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false);
            return addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)
                ?? addresses.FirstOrDefault()
                ?? throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException fault)
        {
            throw new WeirException(
                WeirError.Unavailable, $"The gateway's host '{host}' is not known: {fault.Message}.", fault);
        }
    }
}
