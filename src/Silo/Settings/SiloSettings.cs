namespace Weir.Silo.Settings;

using System.Net;

/// <summary>What a silo runs with, checked.</summary>
internal sealed record SiloSettings
{
    /// <summary>The absolute path of the directory of everything durable.</summary>
    public required string DataDirectory { get; init; }

    public required int SiloPort { get; init; }

    public required int GatewayPort { get; init; }

    /// <summary>The address on which the gateway listens.</summary>
    public required IPAddress GatewayAddress { get; init; }

    public required Uri HttpUrl { get; init; }

    /// <summary>Partitions of a topic that is created without a number.</summary>
    public required int Partitions { get; init; }
}
