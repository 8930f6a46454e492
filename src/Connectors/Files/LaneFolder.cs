namespace Weir.Connectors.Files;

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Weir.Protocol.Sinks;

/// <summary>What a file in a lane's folder is.</summary>
internal enum LaneFileKind
{
    /// <summary>The journal that takes events; who owns the name owns the lane.</summary>
    Open,

    /// <summary>A journal whose events are decided to be a finished file: the pending one of its number and epoch.</summary>
    Rolled,

    /// <summary>The text of the events of a journal; on its way to its final name when that is rolled.</summary>
    Pending,

    /// <summary>A journal or a text that is not complete yet.</summary>
    New,

    /// <summary>No content: an epoch that has opened.</summary>
    Epoch,
}

/// <summary>A file in a lane's folder, named <c>number.epoch.next.kind</c>.</summary>
/// <param name="Number">Of the finished file that it becomes.</param>
/// <param name="Epoch">Who named it.</param>
/// <param name="Next">Of a rolled journal the sequence behind its text, else 0.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct LaneFile(long Number, long Epoch, long Next, LaneFileKind Kind)
{
    public string Name => string.Create(
        CultureInfo.InvariantCulture, $"{Number:000000}.{Epoch:000000}.{Next}.{Kind.ToString().ToLowerInvariant()}");

    /// <summary>Whether it says how far the lane has come.</summary>
    public bool IsJournal => Kind is LaneFileKind.Open or LaneFileKind.Rolled;

    public static LaneFile? Parse(string name)
    {
        string[] parts = name.Split('.');
        return parts.Length == 4
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long epoch)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long next)
            && Enum.TryParse(parts[3], ignoreCase: true, out LaneFileKind kind)
                ? new LaneFile(number, epoch, next, kind)
                : null;
    }
}

/// <summary>
/// Where one lane keeps what is not finished, and where its finished files go: names and single steps, no rules.
/// </summary>
internal sealed class LaneFolder(IDisk disk, string directory, string lane, string extension)
{
    private const int MaxName = 180;

    private const string NumberFormat = "000000";

    private readonly string _path = Path.Combine(directory, ".weir", lane);

    public IDisk Disk => disk;

    /// <summary>As messages name it.</summary>
    public string Lane => $"the lane '{lane}' of the file sink in '{directory}'";

    /// <summary>
    /// A name of its own for each lane of all sinks of a folder: its parts with '+', which stands in none of them,
    /// between. A long one ends in a hash instead.
    /// </summary>
    public static string NameOf(string sink, SinkProducer producer)
    {
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"{sink}+{producer.Job}+{producer.Lineage}+{Uri.EscapeDataString(producer.Stage)}+{producer.Instance}");
        if (name.Length <= MaxName)
            return name;
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32];
        return $"{name[..(MaxName - 33)]}~{hash}";
    }

    public void Create()
    {
        DiskFolder.Ensure(disk, _path);
        DiskFolder.Ensure(disk, directory);
    }

    /// <summary>
    /// The files. A name that changes while a folder is listed may be missed under both names, so that the folder is
    /// listed until it looks the same twice.
    /// </summary>
    public IReadOnlyList<LaneFile> List()
    {
        IReadOnlyList<string> names = disk.Files(_path);
        while (true)
        {
            IReadOnlyList<string> again = disk.Files(_path);
            if (names.SequenceEqual(again))
                return [.. names.Select(LaneFile.Parse).OfType<LaneFile>()];
            names = again;
        }
    }

    /// <summary>Whether a higher epoch has opened, by one listing: a mark is created once and not renamed.</summary>
    public bool HasEpochAbove(long epoch) =>
        disk.Files(_path).Any(name => LaneFile.Parse(name) is { Kind: LaneFileKind.Epoch } file && file.Epoch > epoch);

    public IDiskFile CreateNew(LaneFile file) => disk.CreateNew(PathOf(file));

    public IDiskFile OpenRead(LaneFile file) => disk.OpenRead(PathOf(file));

    public void Delete(LaneFile file) => disk.Delete(PathOf(file));

    public void Sync() => disk.SyncFolder(_path);

    public void SyncFinished() => disk.SyncFolder(directory);

    /// <summary>Renames in one step; false if the file has another name by now.</summary>
    public bool TryRename(LaneFile from, LaneFile to) => TryRename(from, PathOf(to));

    /// <summary>Gives a pending file its final name, unless it has it already.</summary>
    public void Finish(LaneFile pending)
    {
        string number = pending.Number.ToString(NumberFormat, CultureInfo.InvariantCulture);
        TryRename(pending, Path.Combine(directory, $"{lane}+{number}{extension}"));
    }

    /// <summary>The number behind those of the finished files that are still here.</summary>
    public long NumberBehindFinished()
    {
        string first = $"{lane}+";
        return disk.Files(directory)
            .Where(name => name.StartsWith(first, StringComparison.Ordinal)
                && name.EndsWith(extension, StringComparison.Ordinal))
            .Select(name => long.TryParse(
                name.AsSpan(first.Length, name.Length - first.Length - extension.Length),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out long number) ? number + 1 : 0)
            .DefaultIfEmpty(0)
            .Max();
    }

    private bool TryRename(LaneFile from, string to)
    {
        try
        {
            disk.Rename(PathOf(from), to);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private string PathOf(LaneFile file) => Path.Combine(_path, file.Name);
}
