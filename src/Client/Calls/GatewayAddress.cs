namespace Weir.Client.Calls;

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Weir.Contracts;

/// <summary>Addresses of gateways as people write them.</summary>
internal static class GatewayAddress
{
    private const int DefaultPort = 30000;

    /// <summary>The addresses of all gateways whose names are known.</summary>
    /// <exception cref="WeirException">No name is known.</exception>
    public static async Task<IPEndPoint[]> ResolveAsync(
        IReadOnlyList<string> gateways, CancellationToken cancellation)
    {
        var found = new List<IPEndPoint>();
        WeirException? unknown = null;
        foreach (string gateway in gateways)
        {
            (string host, int port) = Parse(gateway);
            try
            {
                foreach (IPAddress address in await ResolveAsync(host, cancellation).ConfigureAwait(false))
                    found.Add(new IPEndPoint(address, port));
            }
            catch (WeirException fault)
            {
                unknown = fault;
            }
        }

        return found.Count > 0 || unknown is null ? [.. found.Distinct()] : throw unknown;
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

    // Silos listen on IPv4 unless told otherwise, so those addresses are taken if a name has both kinds.
    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false);
            if (addresses.Length == 0)
                throw new SocketException((int)SocketError.HostNotFound);
            IPAddress[] simple =
                [.. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetwork)];
            return simple.Length > 0 ? simple : addresses;
        }
        catch (SocketException fault)
        {
            throw new WeirException(
                WeirError.Unavailable, $"The gateway's host '{host}' is not known: {fault.Message}.", fault);
        }
    }
}
