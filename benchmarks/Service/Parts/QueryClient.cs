namespace Weir.Benchmarks.Service.Parts;

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Weir.Benchmarks.Service.Measuring;
using Weir.Client;

/// <summary>A client in another process: this program, started again with the port of the silo.</summary>
internal static class QueryClient
{
    private static readonly string[] NoArguments = [];

    // Beyond the time that it measures; a client that hangs ends the run.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Starts a client and returns what it has measured.</summary>
    /// <exception cref="WrongResultException">It failed.</exception>
    public static async Task<Dictionary<string, double>> RunApartAsync(
        int gateway, Callers callers, ServiceOptions options)
    {
        string[] arguments =
        [
            // Started as "dotnet Weir.Service.dll", the process is dotnet.
            .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
                ? [typeof(QueryClient).Assembly.Location]
                : NoArguments,
            "--client", Text(gateway), "--callers", callers.Text, "--keys", Text(options.Keys),
            "--seconds", options.Time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        ];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(options.Time + Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new WrongResultException($"The client in another process was not done in {options.Time + Patience}.");
        }

        return process is { HasExited: true, ExitCode: 0 }
            && JsonSerializer.Deserialize<Dictionary<string, double>>(await output) is { } figures
                ? figures
                : throw new WrongResultException($"The client in another process failed: {(await error).Trim()}");
    }

    /// <summary>Is that client.</summary>
    public static async Task RunHereAsync(int gateway, string callers, ServiceOptions options)
    {
        await using WeirConnection connection = await WeirConnection.ConnectAsync(new WeirConnectionOptions
        {
            Gateways = [$"127.0.0.1:{Text(gateway)}"],
            ClusterId = BenchSilo.Cluster,
            ServiceId = BenchSilo.Cluster,
        });
        Dictionary<string, double> figures =
            await new QueryRun(options.Keys, options.Time).RunAsync(
                connection.Client, Callers.All.Single(each => each.Text == callers));
        Console.Out.WriteLine(JsonSerializer.Serialize(figures));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
