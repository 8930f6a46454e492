namespace Weir.Faults.Silos;

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Weir.Protocol.Faults;

/// <summary>How to start a silo.</summary>
internal sealed record SiloSpec
{
    public required string Directory { get; init; }

    public required int SiloPort { get; init; }

    public required int GatewayPort { get; init; }

    /// <summary>What its output is kept under.</summary>
    public string Name { get; init; } = "silo";

    /// <summary>Where it keeps what it stores; all silos of a round share it.</summary>
    public required string Data { get; init; }

    /// <summary>The label, with <c>:n</c>, at which the process is to die; or null.</summary>
    public string? Trap { get; init; }

    /// <summary>The silo port of the first silo of a cluster of which this is another; null: this is the first.</summary>
    public int? Primary { get; init; }

    /// <summary>The port at which it gives its log to other silos, or null.</summary>
    public int? ServesLog { get; init; }

    /// <summary>The port at which another silo gives its log to it, or null.</summary>
    public int? RemoteLog { get; init; }

    /// <summary>Whether it is no silo, but only gives its log to silos.</summary>
    public bool IsOnlyLog { get; init; }

    /// <summary>Whether the silos know each other by a file, so that any of them may die; or by the first of them.
    /// </summary>
    public bool SharesMembers { get; init; }

    /// <summary>The file by which silos know each other.</summary>
    public string MembersPath => Path.Combine(Data, "members.json");

    /// <summary>Where the job <c>rows</c> writes to, or null: there is no such job.</summary>
    public string? Rows { get; init; }

    /// <summary>Faults that it has from the first moment.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];
}

/// <summary>
/// A silo in a process of its own. Invariant: whatever is started here is dead when this program ends, also by Ctrl-C:
/// its input ends then, and it is killed by its id.
/// </summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, SiloProcess> Alive = new();
    private readonly Process _process;
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly StreamWriter _output;
    private readonly Task _reading;
    private readonly string _crashLog;

    static SiloProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();

    private SiloProcess(Process process, SiloSpec spec)
    {
        _process = process;
        Spec = spec;
        _crashLog = CrashLog(spec);
        string log = Path.Combine(spec.Directory, $"{spec.Name}.log");
        _output = new StreamWriter(log, append: true) { AutoFlush = true };
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        Alive[process.Id] = this;
        Died = WatchAsync();
    }

    public SiloSpec Spec { get; }

    public int Id => _process.Id;

    public bool IsAlive => !Died.IsCompleted;

    /// <summary>Completes when the process is gone.</summary>
    public Task Died { get; }

    /// <summary>True when it serves, false when it ended before.</summary>
    public Task<bool> Ready => _ready.Task;

    /// <summary>Whether it died where it was to die.</summary>
    public bool FellIntoTrap => Died.IsCompleted && Spec.Trap is { } trap && File.Exists(_crashLog)
        && File.ReadAllLines(_crashLog).Contains(CrashPoint.Parse(trap).Label);

    public static SiloProcess Start(SiloSpec spec)
    {
        File.Delete(CrashLog(spec));
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = spec.Directory,
        };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Weir.Faults.dll"),
            "silo",
            "--directory", spec.Directory,
            "--data", spec.Data,
            "--silo-port", spec.SiloPort.ToString(CultureInfo.InvariantCulture),
            "--gateway-port", spec.GatewayPort.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (string argument in arguments.Concat(Optional(spec)))
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment.Remove(CrashPoint.AtVariable);
        if (spec.Trap is { } trap)
        {
            start.Environment[CrashPoint.AtVariable] = trap;
            start.Environment[CrashPoint.LogVariable] = CrashLog(spec);
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException("No silo could be started.");
        return new SiloProcess(process, spec);
    }

    /// <summary>Kills all silos of this program.</summary>
    public static void KillAll()
    {
        foreach (SiloProcess silo in Alive.Values)
            silo.TryKill();
    }

    /// <summary>Gives a command and waits for the answer.</summary>
    public async Task<string> CommandAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        string answer = await _answers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5));
        return answer.StartsWith("error", StringComparison.Ordinal)
            ? throw new InvalidOperationException(answer)
            : answer;
    }

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public Task KillAsync()
    {
        TryKill();
        return Died.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Ends it as an operator does; returns when the process is gone.</summary>
    public Task EndAsync()
    {
        _process.StandardInput.Close();
        return Died.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public void Stop() => Signals.Stop(Id);

    public void Continue() => Signals.Continue(Id);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static IEnumerable<string> Optional(SiloSpec spec)
    {
        foreach (string command in spec.Commands)
        {
            yield return "--fault";
            yield return command;
        }

        if (spec.IsOnlyLog)
            yield return "--only-log";
        if (spec.SharesMembers)
            yield return "--shares-members";
        if (spec.Rows is { } rows)
        {
            yield return "--rows";
            yield return rows;
        }

        foreach ((string name, int? port) in ((string, int?)[])
            [("--primary", spec.Primary), ("--serves-log", spec.ServesLog), ("--remote-log", spec.RemoteLog)])
        {
            if (port is not { } number)
                continue;
            yield return name;
            yield return number.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static string CrashLog(SiloSpec spec) => Path.Combine(spec.Directory, $"crash-{spec.SiloPort}.log");

    private void TryKill()
    {
        try
        {
            if (!_process.HasExited)
                Signals.Kill(Id);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    private async Task WatchAsync()
    {
        await _process.WaitForExitAsync();
        Alive.TryRemove(Id, out _);
        await _reading;
        _ready.TrySetResult(false);
        _answers.Writer.TryComplete();
        await _output.DisposeAsync();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line == SiloMain.Ready)
                _ready.TrySetResult(true);
            else if (line.StartsWith('>'))
                _answers.Writer.TryWrite(line[1..]);
            else
                Note(line);
        }
    }

    private void Note(string line)
    {
        lock (_output)
            _output.WriteLine(line);
    }
}
