namespace Weir.Samples.Flights.Results;

using Weir.Samples.Flights.Input;

/// <summary>
/// The directory of the results. A run holds it for itself. While a run is under way the silo's data lies in it, and no
/// result; when the results are there the data goes. So a run that finds data goes on with what an interrupted one has
/// left, and one that finds results replaces them. Nothing is removed that no run has made.
/// </summary>
internal sealed class OutDirectory : IDisposable
{
    private const string MarkName = "weir-flights";
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly RunMark _mark;

    private OutDirectory(string path, FileStream held, RunMark mark)
    {
        _path = path;
        _lock = held;
        _mark = mark;
    }

    /// <summary>Whether this goes on with a run that was interrupted.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>Whether there were results of an earlier run, which are gone now.</summary>
    public bool HadResults { get; private set; }

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

    private string Mark => Path.Combine(Silo, MarkName);

    /// <summary>Takes a directory, made if need be.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mark">What the run is asked for.</param>
    /// <param name="fresh">Whether the data of an interrupted run is removed instead of used.</param>
    /// <exception cref="InputException">It can not be used.</exception>
    public static OutDirectory Open(string path, RunMark mark, bool fresh)
    {
        try
        {
            Directory.CreateDirectory(path);
            var held = new FileStream(
                Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var directory = new OutDirectory(path, held, mark);
            try
            {
                directory.Begin(fresh);
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

    /// <summary>Removes the silo's data, because the results are complete. The silo must have stopped.</summary>
    public void Complete() => RemoveSilo();

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private void Begin(bool fresh)
    {
        RunMark? before = RunMark.Read(Mark);
        if (!File.Exists(Mark) && Directory.Exists(Silo) && Entries().Length > 0)
        {
            throw new InputException(
                $"'{Silo}' is not of a run of this program, and would be removed; use another --out.");
        }

        IsResumed = !fresh && before is { IsOver: false };
        if (IsResumed)
        {
            if (before!.Difference(_mark) is { } difference)
            {
                throw new InputException(
                    $"The run that was interrupted in '{_path}' had {difference}; start it again with the same, or begin "
                    + "anew with --fresh.");
            }

            return;
        }

        RemoveSilo();
        string[] results = [Features, QuietRoutes, Rejected];
        HadResults = results.Any(File.Exists);
        foreach (string file in results)
            File.Delete(file);
        Directory.CreateDirectory(Silo);
        _mark.Write(Mark);
    }

    // The mark says first that the data is of no use, and goes last: whoever is interrupted here leaves nothing that
    // looks like a run to go on with, or like somebody else's.
    private void RemoveSilo()
    {
        if (!Directory.Exists(Silo))
            return;
        (_mark with { IsOver = true }).Write(Mark);
        foreach (string entry in Entries())
        {
            if (Directory.Exists(entry))
                Directory.Delete(entry, recursive: true);
            else
                File.Delete(entry);
        }

        File.Delete(Mark);
        Directory.Delete(Silo);
    }

    // What lies beside the mark.
    private string[] Entries() =>
    [
        .. Directory.EnumerateFileSystemEntries(Silo).Where(entry => entry != Mark && entry != Mark + RunMark.Partial),
    ];
}
