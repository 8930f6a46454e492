namespace Weir.Faults.Databases;

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

/// <summary>
/// A PostgreSQL server of its own on a free port of the loopback, in a temporary folder. A shell stands between: it stops
/// the server when its input ends, so also when this program is killed.
/// </summary>
internal sealed class PostgreSqlServer : IAsyncDisposable
{
    private const string Script = """
        start() {
          for attempt in 1 2 3 4 5 6 7 8 9 10; do
            "$bin/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/server.log" start >"$folder/start.log" 2>&1 \
              -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$folder' -c max_connections=150" \
              && echo ready && return
            sleep 1
          done
          echo failed
        }
        bin=$0 folder=$1 port=$2
        "$bin/initdb" -D "$folder/data" -U weir -A trust -N -E UTF8 --locale=C >"$folder/initdb.log" 2>&1 && start
        while read -r line; do
          [ "$line" = start ] && start
          if [ "$line" = kill ]; then
            kill -9 "$(head -n 1 "$folder/data/postmaster.pid")" && rm "$folder/data/postmaster.pid" && echo killed
          fi
        done
        "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
        """;

    private readonly string _folder;
    private readonly Process _shell;

    private PostgreSqlServer(string folder, int port, Process shell)
    {
        _folder = folder;
        _shell = shell;
        ConnectionString =
            $"Host=127.0.0.1;Port={port};Username=weir;Database=postgres;Timeout=3;Command Timeout=5";
    }

    public string ConnectionString { get; }

    /// <summary>Where the programs are, or null.</summary>
    public static string? Programs { get; } = new[] { "/usr/lib/postgresql" }
        .Where(Directory.Exists)
        .SelectMany(Directory.GetDirectories)
        .Select(version => Path.Combine(version, "bin"))
        .Where(bin => File.Exists(Path.Combine(bin, "initdb")))
        .Max(StringComparer.Ordinal);

    /// <summary>Starts one.</summary>
    /// <exception cref="Rounds.CanNotRunException">There are no programs.</exception>
    public static async Task<PostgreSqlServer> StartAsync()
    {
        if (Programs is not { } programs)
            throw new Rounds.CanNotRunException("PostgreSQL is not installed");
        string folder = Directory.CreateTempSubdirectory("weir-faults-pg-").FullName;
        bool isRoot = Environment.IsPrivilegedProcess;
        if (isRoot)
        {
            using Process owner = Start("chown", "postgres", folder);
            await owner.WaitForExitAsync();
        }

        int port = FreePort();
        var server = new PostgreSqlServer(folder, port, Start(
        [
            .. isRoot ? (string[])["runuser", "-u", "postgres", "--"] : [],
            "sh", "-c", Script, programs, folder, $"{port}",
        ]));
        await server.ExpectAsync("ready");
        return server;
    }

    /// <summary>SIGKILL to the server.</summary>
    public Task KillAsync() => CommandAsync("kill", "killed");

    /// <summary>Starts it again after <see cref="KillAsync"/>.</summary>
    public Task StartAgainAsync() => CommandAsync("start", "ready");

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task CommandAsync(string command, string answer)
    {
        await _shell.StandardInput.WriteLineAsync(command);
        await _shell.StandardInput.FlushAsync();
        await ExpectAsync(answer);
    }

    private async Task ExpectAsync(string answer)
    {
        string? line = await _shell.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(90));
        if (line != answer)
            throw new InvalidOperationException($"The PostgreSQL server did not answer '{answer}'; see {_folder}.");
    }

    private static Process Start(params string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
