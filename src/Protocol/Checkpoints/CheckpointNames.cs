namespace Weir.Protocol.Checkpoints;

using System.Globalization;
using System.Text;

/// <summary>
/// Names of files in a checkpoint store. They hold epoch, number and a random part, so that no two writers ever meet in
/// one name.
/// </summary>
public static class CheckpointNames
{
    /// <summary>What the names of all files of a job begin with; any job name gives its own.</summary>
    public static string PrefixOf(string job)
    {
        ArgumentException.ThrowIfNullOrEmpty(job);
        var name = new StringBuilder();
        foreach (byte each in Encoding.UTF8.GetBytes(job))
        {
            // The escape stands for itself only, so that different jobs never share a prefix.
            if (each is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9') or (byte)'-')
                name.Append((char)each);
            else
                name.Append(CultureInfo.InvariantCulture, $"_{each:x2}");
        }

        return name.Append('/').ToString();
    }

    /// <summary>A file of segments.</summary>
    /// <param name="job">The job.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="number">The checkpoint.</param>
    /// <param name="token">Random, of <c>[a-z0-9]</c>.</param>
    public static string Segments(string job, long epoch, long number, string token) =>
        string.Create(CultureInfo.InvariantCulture, $"{PrefixOf(job)}seg-{epoch:D6}-{number:D9}-{token}.seg");

    /// <summary>A manifest.</summary>
    /// <param name="job">The job.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="number">The checkpoint.</param>
    /// <param name="token">Random, of <c>[a-z0-9]</c>.</param>
    public static string ManifestOf(string job, long epoch, long number, string token) =>
        string.Create(CultureInfo.InvariantCulture, $"{PrefixOf(job)}chk-{epoch:D6}-{number:D9}-{token}.manifest");

    /// <summary>The epoch that a name was made in, or null if it is no such name.</summary>
    public static long? EpochOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] parts = name[(name.LastIndexOf('/') + 1)..].Split('-');
        return parts.Length == 4 && parts[0] is "seg" or "chk"
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long epoch)
            ? epoch
            : null;
    }
}
