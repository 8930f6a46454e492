namespace Weir.Soak.Clusters;

using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Text;

/// <summary>How a run of a command ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>
/// <c>./cluster.sh</c> with a folder and ports of its own, on the programs that lie beside this one. What it has started
/// is taken down in the end, whatever happened.
/// </summary>
internal sealed class ClusterScript : IAsyncDisposable
{
    private const string ComposeFile = "WEIR_COMPOSE_FILE";
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(4);

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-cluster-").FullName;
    private readonly int _offset = FreeOffset();
    private readonly (string Name, string Value)[] _environment;

    // As in the image: the silo, and the jobs in a folder of their own.
    private ClusterScript(ClusterSpec spec)
    {
        string built = Path.GetRelativePath(Path.Combine(Root, "tests"), AppContext.BaseDirectory);
        built = built[(built.IndexOf(Path.DirectorySeparatorChar, StringComparison.Ordinal) + 1)..];
        _environment = spec.Write(Root, _folder) is { } file ? [(ComposeFile, file)] : [];
        Directory.CreateDirectory(App);

        // The database runs as another user if the tests run as root.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                _folder, File.GetUnixFileMode(_folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        foreach (string entry in Directory.GetFileSystemEntries(Path.Combine(Root, "src", "Silo", built)))
            File.CreateSymbolicLink(Path.Combine(App, Path.GetFileName(entry)), entry);
        Directory.CreateSymbolicLink(Path.Combine(App, "flights"), AppContext.BaseDirectory);
    }

    /// <summary>The root of the repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of the cluster.</summary>
    public string Folder => Path.Combine(_folder, "cluster");

    /// <summary>The programs.</summary>
    public string App => Path.Combine(_folder, "app");

    /// <summary>What <c>docker-compose.yml</c> says, as the script reads it.</summary>
    public static async Task<string[]> ReadConfigAsync(string? file = null)
    {
        CommandResult result = await RunInAsync(Root, file is null ? [] : [(ComposeFile, file)], "config");
        return result.ExitCode == 0 ? result.Lines : throw new InvalidOperationException(result.Errors);
    }

    /// <summary>Starts the silos.</summary>
    /// <param name="spec">What is otherwise than in the file.</param>
    /// <param name="starting">Gets the cluster before anything of it runs.</param>
    public static async Task<ClusterScript> UpAsync(ClusterSpec? spec = null, Action<ClusterScript>? starting = null)
    {
        spec ??= new ClusterSpec();
        var cluster = new ClusterScript(spec);
        starting?.Invoke(cluster);
        try
        {
            await cluster.RunAsync(
                "up", "--silos", $"{spec.Silos}", "--port-offset", $"{cluster._offset}", "--app", cluster.App);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command that must succeed.</summary>
    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        CommandResult result = await TryAsync(arguments);
        return result.ExitCode == 0 ? result : throw new InvalidOperationException(
            $"cluster.sh {string.Join(' ', arguments)}: {result.Errors}{result.Output}");
    }

    /// <summary>Runs a command.</summary>
    public Task<CommandResult> TryAsync(params string[] arguments) =>
        RunInAsync(Root, _environment, [arguments[0], "--dir", Folder, .. arguments[1..]]);

    /// <summary>The gateways of the silos.</summary>
    public async Task<string[]> GatewaysAsync() => (await RunAsync("gateways")).Output.Trim().Split(',');

    /// <summary>The port of the database.</summary>
    public int DatabasePort =>
        int.Parse(File.ReadAllText(Path.Combine(Folder, "postgres.port")), CultureInfo.InvariantCulture);

    /// <summary>The process of each silo that was started and not stopped, by the silo's number.</summary>
    public IReadOnlyDictionary<int, int> Silos => Directory.GetFiles(Folder, "silo-*.pid").ToDictionary(
        file => int.Parse(Path.GetFileNameWithoutExtension(file)["silo-".Length..], CultureInfo.InvariantCulture),
        file => int.Parse(File.ReadAllText(file).Split(' ')[0], CultureInfo.InvariantCulture));

    /// <summary>How each silo is: <c>ready</c>, <c>healthy</c> or <c>down</c>.</summary>
    public async Task<string[]> HealthAsync() =>
    [
        .. (await RunAsync("status")).Lines
            .Where(line => line.StartsWith("silo-", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[^1]),
    ];

    /// <summary>The processes of this cluster.</summary>
    public async Task<string[]> ProcessesAsync()
    {
        CommandResult all = await StartAsync("ps", Root, [], ["-eo", "pid,args"]);
        string[] pids = Directory.Exists(Folder)
            ? [.. Directory.GetFiles(Folder, "silo-*.pid").Select(file => File.ReadAllText(file).Split(' ')[0])]
            : [];
        return
        [
            .. all.Lines.Where(line => line.Contains(Folder, StringComparison.Ordinal)
                || pids.Contains(line.Trim().Split(' ')[0])),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await TryAsync("down");
        Directory.Delete(_folder, recursive: true);
    }

    private static Task<CommandResult> RunInAsync(
        string folder, (string Name, string Value)[] environment, params string[] arguments) =>
        StartAsync("bash", folder, environment, [Path.Combine(Root, "cluster.sh"), .. arguments]);

    private static async Task<CommandResult> StartAsync(
        string program, string folder, (string Name, string Value)[] environment, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(TimeLimit);
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new CommandResult(process.ExitCode, output, errors.ToString());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end: {errors}");
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orleans.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The repository is not around the tests.");
    }

    // All ports of the file, moved by this, must be free; four silos fit in between.
    private static int FreeOffset()
    {
        int[] taken = [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(each => each.Port)];
        int[] first = [8081, 11111, 30001];
        return Enumerable.Range(1, 200).Select(i => i * 8).First(offset =>
            first.All(port => Enumerable.Range(port + offset, 4).All(each => !taken.Contains(each))));
    }
}
