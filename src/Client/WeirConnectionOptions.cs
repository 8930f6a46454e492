namespace Weir.Client;

using Weir.Client.Calls;
using Weir.Contracts;

/// <summary>Where a <see cref="WeirConnection"/> connects to.</summary>
public sealed record WeirConnectionOptions
{
    /// <summary>
    /// The gateways of silos as <c>host:port</c>, one or more; a host without a port means 30000, and a name stands for all
    /// its addresses, which are looked up again every few seconds. Name several silos of a cluster: any one that lives is
    /// enough. Default <c>localhost:30000</c>.
    /// </summary>
    public IReadOnlyList<string> Gateways { get; init; } = ["localhost:30000"];

    /// <summary>
    /// The connection string of the cluster's PostgreSQL database, to find the gateways there instead of in
    /// <see cref="Gateways"/>. For programs that reach the silos under the addresses that these advertise. Default none.
    /// </summary>
    public string? Database { get; init; }

    /// <summary>The Orleans cluster id. Default <c>weir</c>.</summary>
    public string ClusterId { get; init; } = "weir";

    /// <summary>The Orleans service id. Default <c>weir</c>.</summary>
    public string ServiceId { get; init; } = "weir";

    /// <summary>How long to try to connect, 0 to 1 h. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sets options of the client; default none.</summary>
    public Action<WeirClientOptions>? Client { get; init; }

    internal void Check()
    {
        if (ConnectTimeout < TimeSpan.Zero || ConnectTimeout > TimeSpan.FromHours(1))
            throw new WeirException(WeirError.InvalidRequest, "The connect timeout must be 0 to 1 h.");
        if (Database is not null)
            return;
        if (Gateways is not { Count: > 0 })
            throw new WeirException(WeirError.InvalidRequest, "Name at least one gateway as host:port.");
        foreach (string gateway in Gateways)
            GatewayAddress.Parse(gateway);
    }
}
