namespace Weir.Faults.Rounds;

using System.Net;
using System.Net.Sockets;
using Weir.Client;
using Weir.Faults.Databases;
using Weir.Faults.Disks;
using Weir.Faults.Input;
using Weir.Faults.Jobs;
using Weir.Faults.Probes;
using Weir.Faults.Silos;

/// <summary>
/// A round: a silo that hosts the jobs, a sender, probes that look on, and in the end the comparison of everything with
/// the oracle. Every wait is bounded, and for a condition.
/// </summary>
internal sealed partial class RoundRun : IAsyncDisposable
{
    private readonly RoundSetup _setup;
    private readonly CancellationTokenSource _end = new();
    private readonly InputPlan _plan;
    private readonly Sender _sender;
    private readonly StatusProbe[] _probes;
    private readonly ConservationProbe _conservation = new();
    private readonly JobDriver _driver;
    private readonly CancellationTokenSource _endOfDriving = new();
    private readonly SemaphoreSlim _connecting = new(1);
    private readonly List<string> _notes = [];
    private readonly List<Task> _watching = [];
    private readonly List<SiloProcess> _others = [];
    private readonly int _logPort;
    private SiloSpec _spec;
    private SiloSpec _second;
    private SiloConnection? _connection;
    private SiloProcess? _silo;
    private Task _sending = Task.CompletedTask;
    private Task _driving = Task.CompletedTask;
    private Task _answering = Task.CompletedTask;

    private RoundRun(ulong seed, RoundSetup setup)
    {
        _setup = setup;
        Random = new Random((int)(seed ^ (seed >> 32)));
        Directory = System.IO.Directory.CreateTempSubdirectory("weir-faults-").FullName;
        Data = Path.Combine(Directory, "data");
        System.IO.Directory.CreateDirectory(Data);
        int[] ports = FreePorts();
        _logPort = ports[0];
        _spec = new SiloSpec
        {
            Directory = Directory,
            Data = Data,
            SiloPort = ports[1],
            GatewayPort = ports[2],
            ServesLog = setup.SharesMembers ? null : _logPort,
            RemoteLog = setup.SharesMembers ? _logPort : null,
            SharesMembers = setup.SharesMembers,
        };
        _second = _spec with
        {
            Name = "silo-2",
            SiloPort = ports[3],
            GatewayPort = setup.SharesMembers ? ports[4] : 0,
            Primary = setup.SharesMembers ? null : _spec.SiloPort,
            ServesLog = null,
            RemoteLog = _logPort,
        };
        _plan = new InputPlan(seed);
        _sender = new Sender(_plan, ConnectAsync, setup.Jobs);
        _probes = [.. setup.Jobs.Select(job => new StatusProbe(job))];
        _driver = new JobDriver(ConnectAsync, setup.Jobs);
    }

    public Random Random { get; }

    /// <summary>Where the round keeps what is no silo's.</summary>
    public string Directory { get; }

    /// <summary>Where silos store everything.</summary>
    public string Data { get; }

    public SiloProcess Silo => _silo ?? throw new InvalidOperationException("No silo has been started.");

    public Sender Sender => _sender;

    public JobDriver Driver => _driver;

    /// <summary>The disk that <see cref="Data"/> is on, of a round that asks for a small one.</summary>
    public SmallDisk Disk { get => field ?? throw new InvalidOperationException("It has none."); private set; }

    /// <summary>The database of a round that asks for a server.</summary>
    public PostgreSqlServer Server { get => field ?? throw new InvalidOperationException("It has none."); private set; }

    /// <summary>How the jobs are.</summary>
    public IReadOnlyList<StatusProbe> Probes => _probes;

    public string Notes => string.Join(", ", _notes);

    public long Events { get; private set; }

    /// <summary>Makes what a round needs; no silo runs yet.</summary>
    /// <exception cref="CanNotRunException">This machine does not have it.</exception>
    public static async Task<RoundRun> CreateAsync(ulong seed, RoundSetup setup)
    {
        var run = new RoundRun(seed, setup);
        try
        {
            await run.PrepareAsync();
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            System.IO.Directory.Delete(run.Directory, recursive: true);
            throw;
        }
    }

    public void Note(string note) => _notes.Add(note);

    /// <summary>Starts the silo, then the sender and the probes; does not wait for any of them.</summary>
    public void Begin(string? trap = null)
    {
        StartSilo(trap);
        BeginWork();
    }

    /// <summary>Starts the sender and the probes.</summary>
    public void BeginWork()
    {
        _sending = Task.Run(() => _sender.RunAsync(_end.Token));
        foreach (StatusProbe probe in _probes)
            _watching.Add(Task.Run(() => probe.RunAsync(ConnectAsync, _end.Token)));
        if (_setup.Jobs.Contains(MixJob.JobName))
            _watching.Add(Task.Run(() => _conservation.RunAsync(ConnectAsync, _end.Token)));
    }

    /// <summary>Begins to take savepoints, or to stop and start the jobs, until the round ends.</summary>
    public void Drive(bool stops) =>
        _driving = Task.Run(() => _driver.RunAsync(stops, _endOfDriving.Token));

    /// <summary>Starts the silo again, on the same files and ports.</summary>
    public void StartSilo(string? trap = null, IReadOnlyList<string>? commands = null)
    {
        if (_silo is { IsAlive: true })
            throw new InvalidOperationException("The silo before is still alive.");
        _silo = SiloProcess.Start(_spec with { Trap = trap, Commands = commands ?? [] });
    }

    public async Task KillAsync()
    {
        await Silo.KillAsync();
        Note("killed");
    }

    /// <summary>A silo that knows nothing of the first, on the same files.</summary>
    public SiloProcess StartRival() => Rival(_spec with { ServesLog = null });

    /// <summary>
    /// A silo that knows nothing of the first, and takes itself for the whole cluster, with the same log, records and
    /// checkpoints.
    /// </summary>
    /// <returns>The silo, and a connection that reaches it alone.</returns>
    public async Task<(SiloProcess Silo, SiloConnection Connection)> SplitAsync()
    {
        SiloProcess rival = Rival(_spec with { ServesLog = null, RemoteLog = _logPort });
        await ServesAsync(rival);
        return (rival, await SiloConnection.OpenAsync(rival.Spec.GatewayPort, Patience));
    }

    /// <summary>A second silo of the cluster, which has its share of the grains; it ends with the round.</summary>
    public async Task<SiloProcess> JoinAsync(string? trap = null)
    {
        SiloProcess second = SiloProcess.Start(_second with { Trap = trap });
        _others.Add(second);
        if (trap is null)
            await ServesAsync(second);
        else
            await second.Ready.WaitAsync(Patience);
        return second;
    }

    /// <summary>From now on the second silo is the one that must live, and the first may be started as another.
    /// </summary>
    public void Promote(SiloProcess second)
    {
        _others.Remove(second);
        _others.Add(Silo);
        _silo = second;
        (_spec, _second) = (_second, _spec);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (SiloProcess silo in _silo is { } first ? [.. _others, first] : _others)
            await silo.DisposeAsync();
        await Task.WhenAll(_watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _endOfDriving.CancelAsync();
        await Task.WhenAll(_sending, _driving, _answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connection is { } connection)
            await connection.DisposeAsync();
        await DisposeSetupAsync();
        _end.Dispose();
        _endOfDriving.Dispose();
        _connecting.Dispose();
    }

    private async Task PrepareAsync()
    {
        if (_setup.DiskSize is { } size)
            Disk = SmallDisk.Mount(Data, size);
        if (_setup.Rows == RowsTarget.PostgreSql)
            Server = await PostgreSqlServer.StartAsync();
        if (_setup.Rows is { } rows)
        {
            string place = rows == RowsTarget.PostgreSql
                ? Server.ConnectionString
                : Path.Combine(Data, rows == RowsTarget.Csv ? "rows" : "rows.db");
            (_spec, _second) = (_spec with { Rows = $"{rows}:{place}" }, _second with { Rows = $"{rows}:{place}" });
        }

        if (!_setup.SharesMembers)
            return;
        SiloProcess log = SiloProcess.Start(
            _spec with { Name = "log", IsOnlyLog = true, ServesLog = _logPort, RemoteLog = null });
        _others.Add(log);
        await ServesAsync(log);
    }

    private async Task DisposeSetupAsync()
    {
        if (_setup.DiskSize is not null && System.IO.Directory.Exists(Data))
            await Disk.DisposeAsync();
        if (_setup.Rows == RowsTarget.PostgreSql)
            await Server.DisposeAsync();
    }

    private SiloProcess Rival(SiloSpec spec)
    {
        int[] ports = FreePorts();
        SiloProcess rival = SiloProcess.Start(spec with { Name = "rival", SiloPort = ports[0], GatewayPort = ports[1] });
        _others.Add(rival);
        return rival;
    }

    /// <summary>The one connection of the round; it finds the silo again by itself.</summary>
    private async Task<IWeirClient> ConnectAsync()
    {
        await _connecting.WaitAsync(_end.Token);
        try
        {
            _connection ??= _setup.SharesMembers
                ? await SiloConnection.OpenAsync(new SharedGateways(_spec.MembersPath), Patience)
                : await SiloConnection.OpenAsync(_spec.GatewayPort, Patience);
            return _connection.Client;
        }
        finally
        {
            _connecting.Release();
        }
    }

    // All are held until all are known, so they are different.
    private static int[] FreePorts()
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, 5).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners)
            listener.Dispose();
        return ports;
    }
}
