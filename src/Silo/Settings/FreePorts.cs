namespace Weir.Silo.Settings;

using System.Net;
using System.Net.Sockets;

/// <summary>
/// Looks whether the silo's ports are free. Orleans shares a port with whoever else does, so that two silos would
/// silently take each other's clients.
/// </summary>
internal static class FreePorts
{
    /// <summary>One sentence for each port that is taken or can not be listened on.</summary>
    public static IEnumerable<string> Check(SiloSettings settings)
    {
        IPAddress http = IPAddress.TryParse(settings.HttpUrl.Host.Trim('[', ']'), out IPAddress? address)
            ? address
            : IPAddress.Loopback;
        (string Name, IPEndPoint Place)[] ports =
        [
            (nameof(SiloSettings.SiloPort), new IPEndPoint(settings.SiloAddress, settings.SiloPort)),
            (nameof(SiloSettings.GatewayPort), new IPEndPoint(settings.GatewayAddress, settings.GatewayPort)),
            (nameof(SiloSettings.HttpUrl), new IPEndPoint(http, settings.HttpUrl.Port)),
        ];
        foreach ((string name, IPEndPoint place) in ports)
        {
            if (FaultOf(place) is { } fault)
                yield return $"{name}: {place} can not be listened on: {fault}.";
        }
    }

    private static string? FaultOf(IPEndPoint place)
    {
        using var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(place);
            socket.Listen();
            return null;
        }
        catch (SocketException fault)
        {
            return fault.Message;
        }
    }
}
