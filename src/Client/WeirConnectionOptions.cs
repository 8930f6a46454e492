namespace Weir.Client;

/// <summary>Where a <see cref="WeirConnection"/> connects to.</summary>
public sealed record WeirConnectionOptions
{
    /// <summary>
    /// The gateways of silos as <c>host:port</c>, one or more; a host without a port means 30000. Default
    /// <c>localhost:30000</c>.
    /// </summary>
    public IReadOnlyList<string> Gateways { get; init; } = ["localhost:30000"];

    /// <summary>The Orleans cluster id. Default <c>weir</c>.</summary>
    public string ClusterId { get; init; } = "weir";

    /// <summary>The Orleans service id. Default <c>weir</c>.</summary>
    public string ServiceId { get; init; } = "weir";

    /// <summary>How long to try to connect, 0 to 1 h. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sets options of the client; default none.</summary>
    public Action<WeirClientOptions>? Client { get; init; }
}
