namespace Weir.Connectors.Tests.Ado;

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

/// <summary>
/// A PostgreSQL server of its own on a free port of the loopback, in a temporary folder, for the tests of one class. A
/// shell stands between: it stops the server when its input ends, so also when the tests are killed.
/// </summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private const string Script = """
        "$0/initdb" -D "$1/data" -U weir -A trust -N -E UTF8 --locale=C >"$1/initdb.log" 2>&1 &&
        echo "port=$2 listen_addresses='127.0.0.1' unix_socket_directories='$1' max_connections=50" |
          tr ' ' '\n' >>"$1/data/postgresql.conf" &&
        "$0/pg_ctl" -D "$1/data" -w -t 60 -l "$1/server.log" start >"$1/start.log" 2>&1 && echo ready
        cat >/dev/null
        "$0/pg_ctl" -D "$1/data" -m immediate stop >/dev/null 2>&1
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-pg-").FullName;
    private readonly int _port = FreePort();
    private Process? _shell;

    /// <summary>Where the programs are, or null.</summary>
    public static string? Programs { get; } = new[] { "/usr/lib/postgresql" }
        .Where(Directory.Exists)
        .SelectMany(Directory.GetDirectories)
        .Select(version => Path.Combine(version, "bin"))
        .Where(bin => File.Exists(Path.Combine(bin, "initdb")))
        .Max(StringComparer.Ordinal);

    public string ConnectionString =>
        $"Host=127.0.0.1;Port={_port};Username=weir;Database=postgres;Include Error Detail=true";

    public async Task InitializeAsync()
    {
        // Tests that are skipped do not need it.
        if (Programs is null && !PostgreSqlFactAttribute.IsRequired)
            return;
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres", _folder);
        _shell = Start([.. AsOwner, "sh", "-c", Script, Programs ?? "", _folder, $"{_port}"]);
        string? line = await _shell.StandardOutput.ReadLineAsync();
        if (line != "ready")
            throw new InvalidOperationException($"The PostgreSQL server did not start:\n{Logs()}");
    }

    private static string[] AsOwner =>
        Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--"] : [];

    /// <summary>Ends the server as a crash would.</summary>
    public Task CrashAsync() => ControlAsync("-m", "immediate", "stop");

    /// <summary>Starts the server that was ended; it recovers first.</summary>
    public Task StartAgainAsync() => ControlAsync("-l", Path.Combine(_folder, "server.log"), "start");

    public async Task DisposeAsync()
    {
        if (_shell is not null)
        {
            NpgsqlConnection.ClearAllPools();
            _shell.StandardInput.Close();
            await _shell.WaitForExitAsync();
            _shell.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // Its output would otherwise stay open in the server.
    private Task ControlAsync(params string[] what) => RunAsync(
    [
        .. AsOwner, "sh", "-c", "exec \"$0\" \"$@\" >/dev/null 2>&1", Path.Combine(Programs!, "pg_ctl"),
        "-D", Path.Combine(_folder, "data"), "-w", "-t", "60", .. what,
    ]);

    private static async Task RunAsync(params string[] command)
    {
        using Process process = Start(command);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Logs() => string.Join('\n', Directory.GetFiles(_folder, "*.log").Select(File.ReadAllText));
}

/// <summary>A test that needs PostgreSQL. Where it is not installed the test is skipped, but never in CI.</summary>
public sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute()
    {
        if (PostgreSqlServer.Programs is null && !IsRequired)
            Skip = Reason;
    }

    public static string Reason => "PostgreSQL is not installed: apt-get install postgresql, or ./build.sh postgres.";

    public static bool IsRequired => Environment.GetEnvironmentVariable("CI") == "true";
}

/// <summary>As <see cref="PostgreSqlFactAttribute"/>, with data.</summary>
public sealed class PostgreSqlTheoryAttribute : TheoryAttribute
{
    public PostgreSqlTheoryAttribute()
    {
        if (PostgreSqlServer.Programs is null && !PostgreSqlFactAttribute.IsRequired)
            Skip = PostgreSqlFactAttribute.Reason;
    }
}
