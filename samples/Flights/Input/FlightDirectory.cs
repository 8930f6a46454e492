namespace Weir.Samples.Flights.Input;

using System.IO.Compression;

/// <summary>
/// The daily files of a directory, in ordinal order of their names. All of them are looked at before the first is
/// read, so that a wrong directory is told before anything is started.
/// </summary>
internal sealed class FlightDirectory
{
    private static readonly string[] Endings = [".csv.gz", ".csv"];

    private FlightDirectory(IReadOnlyList<string> files, IReadOnlyList<string> warnings)
    {
        Files = files;
        Warnings = warnings;
        Bytes = files.Sum(file => new FileInfo(file).Length);
    }

    /// <summary>The paths of the files that have rows.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>What is odd but does no harm, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The size of all files as they are stored.</summary>
    public long Bytes { get; }

    /// <summary>Looks at a directory.</summary>
    /// <exception cref="InputException">It holds nothing that could be read as flights.</exception>
    public static FlightDirectory Open(string directory)
    {
        string[] files = ListFiles(directory);
        if (files.Length == 0)
            throw new InputException($"There are no files *.csv.gz or *.csv in the directory '{directory}'.");
        List<string> usable = [];
        List<string> warnings = [];
        foreach (string file in files)
        {
            switch (FirstLine(file))
            {
                case null:
                    warnings.Add($"{file}: the file is empty.");
                    break;
                case FlightParser.Header:
                    usable.Add(file);
                    break;
                case var other:
                    throw new InputException(
                        $"{file}, line 1: expected the header '{FlightParser.Header}', found '{Shorten(other)}'.");
            }
        }

        return usable.Count > 0
            ? new FlightDirectory(usable, warnings)
            : throw new InputException($"All files in the directory '{directory}' are empty.");
    }

    /// <summary>Opens a file as text, uncompressed if need be; the stored stream's position is the progress.</summary>
    public static (StreamReader Text, FileStream Stored) OpenText(string file)
    {
        var stored = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try
        {
            Stream content = file.EndsWith(".gz", StringComparison.Ordinal)
                ? new GZipStream(stored, CompressionMode.Decompress)
                : stored;
            return (new StreamReader(content, bufferSize: 1 << 15), stored);
        }
        catch
        {
            stored.Dispose();
            throw;
        }
    }

    private static string[] ListFiles(string directory)
    {
        if (File.Exists(directory))
            throw new InputException($"'{directory}' is a file; --data takes a directory of daily files.");
        if (!Directory.Exists(directory))
            throw new InputException($"There is no directory '{directory}'.");
        try
        {
            return [.. Directory.EnumerateFiles(directory)
                .Where(file => Endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
                .OrderBy(Path.GetFileName, StringComparer.Ordinal)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The directory '{directory}' can not be read: {fault.Message}", fault);
        }
    }

    private static string? FirstLine(string file)
    {
        try
        {
            using StreamReader text = OpenText(file).Text;
            return text.ReadLine();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException($"{file}, line 1: the file can not be read: {fault.Message}", fault);
        }
    }

    private static string Shorten(string line) => line.Length <= 80 ? line : line[..80] + "...";
}
