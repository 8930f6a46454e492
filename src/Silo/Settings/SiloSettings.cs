namespace Weir.Silo.Settings;

using System.Net;
using Weir.Protocol.Jobs;

/// <summary>What a silo runs with, checked.</summary>
internal sealed record SiloSettings
{
    /// <summary>The absolute path of the directory of everything durable; of a cluster, empty.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The connection string of the cluster's database with its password; null: an embedded silo.</summary>
    public required string? Database { get; init; }

    /// <summary>The absolute path of the shared directory of checkpoints; null: they are in the database.</summary>
    public required string? SegmentDirectory { get; init; }

    /// <summary>The name of the cluster, which its clients name too.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The address under which other silos, and clients that ask the database, reach this one.</summary>
    public required IPAddress AdvertisedAddress { get; init; }

    /// <summary>The address on which the silo listens for other silos.</summary>
    public required IPAddress SiloAddress { get; init; }

    public required int SiloPort { get; init; }

    public required int GatewayPort { get; init; }

    /// <summary>The address on which the gateway listens.</summary>
    public required IPAddress GatewayAddress { get; init; }

    public required Uri HttpUrl { get; init; }

    /// <summary>How often jobs take checkpoints.</summary>
    public required TimeSpan CheckpointInterval { get; init; }

    /// <summary>How many checkpoints are kept beside savepoints.</summary>
    public required int CheckpointsRetained { get; init; }

    /// <summary>Whether and when a failed job starts again.</summary>
    public required RestartStrategy Restart { get; init; }

    /// <summary>How many events of output may wait for a checkpoint in one partition or key group.</summary>
    public required int StagedEvents { get; init; }

    /// <summary>The same in bytes.</summary>
    public required int StagedBytes { get; init; }

    /// <summary>Whether the log is written as JSON, one object a line.</summary>
    public required bool LogsJson { get; init; }

    /// <summary>Partitions of a topic that is created without a number.</summary>
    public required int Partitions { get; init; }
}
