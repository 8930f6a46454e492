namespace Weir.Faults.Silos;

using Weir.Protocol.Checkpoints;

/// <summary>The files of the job's checkpoints, as a silo that is not running has left them.</summary>
internal sealed class CheckpointFiles(string directory, string job)
{
    public const string Folder = "checkpoints";

    private readonly string _root = Path.Combine(directory, Folder);

    /// <summary>The manifest with the highest epoch and number.</summary>
    public string NewestManifest => Directory
        .EnumerateFiles(Path.Combine(_root, CheckpointNames.PrefixOf(job)), "*.manifest")
        .MaxBy(path => Path.GetFileName(path), StringComparer.Ordinal)
        ?? throw new InvalidOperationException("There is no manifest.");

    /// <summary>The newest file of segments that the newest manifest refers to.</summary>
    public string NewestSegment => Referenced()[^1];

    /// <summary>The oldest one.</summary>
    public string OldestSegment => Referenced()[0];

    private List<string> Referenced() =>
    [
        .. ManifestCodec.Decode(File.ReadAllBytes(NewestManifest)).Reports
            .SelectMany(report => report.References)
            .Select(part => part.File)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .Select(name => Path.Combine(_root, name)),
    ];
}
