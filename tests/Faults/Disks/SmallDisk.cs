namespace Weir.Faults.Disks;

using System.Collections.Concurrent;
using System.Diagnostics;
using Weir.Faults.Rounds;

/// <summary>
/// A disk of a few MiB that can really be full: a file system in memory, mounted on a folder. Invariant: it is unmounted
/// when this program ends.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<string, bool> Mounted = new();
    private readonly CancellationTokenSource _end = new();
    private Task _filling = Task.CompletedTask;

    static SmallDisk() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (string folder in Mounted.Keys)
            Run("umount", "-l", folder);
    };

    private SmallDisk(string folder) => Folder = folder;

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    private string Filler => Path.Combine(Folder, "filler");

    /// <summary>Mounts one.</summary>
    /// <exception cref="CanNotRunException">Mounting is not allowed.</exception>
    public static SmallDisk Mount(string folder, int mebibytes)
    {
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "weir-faults", folder) != 0)
            throw new CanNotRunException("a small disk can not be mounted here; that needs the rights of root on Linux");
        Mounted[folder] = true;
        return new SmallDisk(folder);
    }

    /// <summary>Takes all room there is, also what others let go of, until <see cref="FreeAsync"/>.</summary>
    public void Fill() => _filling = Task.Run(async () =>
    {
        await using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] much = new byte[64 << 10];
        while (!_end.IsCancellationRequested)
        {
            foreach (int length in (int[])[much.Length, 4096, 1])
            {
                while (TryWrite(file, much.AsSpan(0, length)))
                {
                }
            }

            await Task.Delay(2, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    });

    /// <summary>There is room again.</summary>
    public async Task FreeAsync()
    {
        await _end.CancelAsync();
        await _filling;
        File.Delete(Filler);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _filling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        Run("umount", "-l", Folder);
        Mounted.TryRemove(Folder, out _);
    }

    private static bool TryWrite(FileStream file, ReadOnlySpan<byte> bytes)
    {
        long before = file.Position;
        try
        {
            file.Write(bytes);
            return true;
        }
        catch (IOException)
        {
            file.Position = Math.Min(before, file.Length);
            return false;
        }
    }

    private static int Run(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardError = true,
        })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
