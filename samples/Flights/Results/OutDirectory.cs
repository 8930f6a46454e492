namespace Weir.Samples.Flights.Results;

using Weir.Samples.Flights.Input;

/// <summary>
/// The directory of the results. A run holds it for itself, and begins by removing what an earlier one left; it
/// removes nothing that no run has made.
/// </summary>
internal sealed class OutDirectory : IDisposable
{
    private const string Mark = "weir-flights";
    private readonly string _path;
    private readonly FileStream _lock;

    private OutDirectory(string path, FileStream held)
    {
        _path = path;
        _lock = held;
    }

    /// <summary>The hours of the airports.</summary>
    public string Features => Path.Combine(_path, "airport-features.csv");

    /// <summary>The routes that went quiet.</summary>
    public string QuietRoutes => Path.Combine(_path, "quiet-routes.csv");

    /// <summary>The lines that are no flights.</summary>
    public string Rejected => Path.Combine(_path, "rejected.csv");

    /// <summary>The embedded silo's data.</summary>
    public string Silo => Path.Combine(_path, "silo");

    /// <summary>Room for sorting the results.</summary>
    public string Scratch => Path.Combine(Silo, "results.db");

    /// <summary>Takes a directory, made if need be, and empties it.</summary>
    /// <exception cref="InputException">It can not be used.</exception>
    public static OutDirectory Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            var held = new FileStream(
                Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var directory = new OutDirectory(path, held);
            try
            {
                directory.Empty();
                return directory;
            }
            catch
            {
                directory.Dispose();
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"The directory '{path}' can not take the results; is another run using it? {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private void Empty()
    {
        string mark = Path.Combine(Silo, Mark);
        if (Directory.Exists(Silo) && Directory.EnumerateFileSystemEntries(Silo).Any() && !File.Exists(mark))
        {
            throw new InputException(
                $"'{Silo}' is not of a run of this program, and would be removed; use another --out.");
        }

        foreach (string file in (string[])[Features, QuietRoutes, Rejected])
            File.Delete(file);
        if (Directory.Exists(Silo))
            Directory.Delete(Silo, recursive: true);
        Directory.CreateDirectory(Silo);
        File.WriteAllText(mark, "The data of the embedded silo of the flights sample; every run begins anew.\n");
    }
}
