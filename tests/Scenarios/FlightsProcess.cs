namespace Weir.Scenarios;

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Weir.Protocol.Faults;

/// <summary>How a run of the sample ended.</summary>
internal sealed record FlightsResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The summary that a run with --json writes; standard output must hold nothing else.</summary>
    public JsonElement Summary => JsonDocument.Parse(Output).RootElement;
}

/// <summary>
/// The sample as a process of its own, with a directory for its results. Its own one is removed in the end; one that
/// several runs share is not.
/// </summary>
internal sealed partial class FlightsProcess : IAsyncDisposable
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _gateway = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _errors = new();
    private readonly Task<FlightsResult> _result;

    private readonly bool _isOwner;

    private FlightsProcess(string directory, string[] arguments, string? crashAt = null, bool isOwner = true)
    {
        Out = directory;
        _isOwner = isOwner;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        if (crashAt is not null)
            start.Environment[CrashPoint.AtVariable] = crashAt;
        foreach (string argument in Arguments(directory, arguments))
            start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InvalidOperationException("The sample could not be started.");
        _result = ReadToEndAsync();
    }

    /// <summary>The directory of the results.</summary>
    public string Out { get; }

    /// <summary>The address of the embedded silo's gateway, as soon as the sample has told it.</summary>
    public Task<string> Gateway => _gateway.Task;

    /// <summary>Starts the sample with --json and a new directory for the results.</summary>
    public static FlightsProcess Start(params string[] arguments)
    {
        string directory = Directory.CreateTempSubdirectory("weir-flights-").FullName;
        return new FlightsProcess(directory, arguments);
    }

    /// <summary>Runs the sample with --json in a directory that others have used or will use.</summary>
    /// <param name="directory">The directory of the results.</param>
    /// <param name="crashAt">A label of <see cref="CrashLabels"/> at which the process kills itself, or null.</param>
    /// <param name="arguments">More arguments.</param>
    public static async Task<FlightsResult> RunInAsync(string directory, string? crashAt, params string[] arguments)
    {
        await using var run = new FlightsProcess(directory, arguments, crashAt, isOwner: false);
        return await run.EndAsync();
    }

    /// <summary>Runs the sample to its end and returns it with how it ended.</summary>
    public static async Task<FlightsResult> RunAsync(params string[] arguments)
    {
        await using FlightsProcess run = Start(arguments);
        return await run.EndAsync();
    }

    /// <summary>Waits for the end.</summary>
    public Task<FlightsResult> EndAsync() => _result.WaitAsync(TimeLimit);

    public byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Out, file));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        if (_isOwner)
            Directory.Delete(Out, recursive: true);
    }

    private static string[] Arguments(string directory, string[] more) =>
        [Path.Combine(AppContext.BaseDirectory, "Flights.dll"), "--out", directory, "--json", .. more];

    private async Task<FlightsResult> ReadToEndAsync()
    {
        Task<string> output = _process.StandardOutput.ReadToEndAsync();
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _errors.AppendLine(line);
            if (GatewayAddress().Match(line) is { Success: true } match)
                _gateway.TrySetResult(match.Groups[1].Value);
        }

        await _process.WaitForExitAsync();
        _gateway.TrySetException(new InvalidOperationException($"The sample ended before it had a gateway: {_errors}"));
        return new FlightsResult(_process.ExitCode, await output, _errors.ToString());
    }

    [GeneratedRegex(@"--gateway (\S+)")]
    private static partial Regex GatewayAddress();
}
