namespace Weir.Faults.Silos;

using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Weir.Client;
using Weir.Connectors.Files;
using Weir.Connectors.Sqlite;
using Weir.Faults.Jobs;
using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;

/// <summary>
/// A silo as a process of its own, as the service hosts it, with a log and a clock that can have faults. It says
/// <c>ready</c> on its standard output, answers each command line of its standard input by one line that begins with
/// <c>&gt;</c>, and ends when that input ends: no silo outlives its test.
/// </summary>
internal static class SiloMain
{
    public const string Ready = "ready";

    private const string Cluster = "weir";

    /// <summary>The file of the log.</summary>
    public const string EventsFile = "events.db";

    /// <summary>Nobody in a silo, and no client, waits longer for an answer.</summary>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(SiloSpec spec)
    {
        var switches = new FaultSwitches();
        foreach (string command in spec.Commands)
            switches.Obey(command);
        var clock = new SteadyClock(new FaultyClock(switches));
        if (spec.IsOnlyLog)
        {
            await using IEventLog only = await OpenLogAsync(spec, clock);
            LogServer.Start(only, spec.ServesLog!.Value);
            return await ServeAsync(switches);
        }

        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Log(builder.Logging);
        IEventLog log = spec.RemoteLog is { } port
            ? new RemoteEventLog(port)
            : await OpenLogAsync(spec, clock);
        if (spec.ServesLog is { } served)
            LogServer.Start(log, served);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(new MixFiles(Path.Combine(spec.Data, MixJob.FileSinkName)));
        if (spec.Rows is { } rows)
            builder.Services.AddSingleton(new RowsTarget(rows));
        builder.Services.AddSingleton<IEventLog>(new FaultyEventLog(log, switches));
        builder.Services.AddSingleton<ICheckpointStore>(new FaultyCheckpointStore(
            new DirectoryCheckpointStore(Path.Combine(spec.Data, CheckpointFiles.Folder)), switches));
        builder.UseOrleans(silo => Configure(silo, spec));
        using IHost host = builder.Build();
        await host.StartAsync();
        return await ServeAsync(switches);
    }

    private static async Task<IEventLog> OpenLogAsync(SiloSpec spec, TimeProvider clock) =>
        await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = Path.Combine(spec.Data, EventsFile), TimeProvider = clock });

    private static async Task<int> ServeAsync(FaultSwitches switches)
    {
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync() is { } line)
            Console.WriteLine($">{switches.Obey(line)}");
        Environment.Exit(0);
        return 0;
    }

    private static void Configure(ISiloBuilder silo, SiloSpec spec)
    {
        if (spec.SharesMembers)
        {
            silo.ConfigureEndpoints(IPAddress.Loopback, spec.SiloPort, spec.GatewayPort)
                .Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = Cluster);
            silo.Services.AddSingleton<IMembershipTable>(new SharedMembers(spec.MembersPath));
        }
        else
        {
            silo.UseLocalhostClustering(
                spec.SiloPort,
                spec.GatewayPort,
                spec.Primary is { } primary ? new IPEndPoint(IPAddress.Loopback, primary) : null,
                Cluster,
                Cluster);
        }

        Configure(silo.AddWeir(weir => Configure(weir, spec)));
    }

    private static void Configure(ISiloBuilder silo) => silo
        .Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromMilliseconds(500);
            membership.NumMissedProbesLimit = 2;
            membership.NumVotesForDeathDeclaration = 1;
            membership.ExtendProbeTimeoutDuringDegradation = false;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(1);
        })
        .Configure<SiloMessagingOptions>(options => options.ResponseTimeout = LongestTimeout);

    private static void Configure(WeirBuilder weir, SiloSpec spec)
    {
        weir.AddJob<MixJob>().AddJob<PartitionedJob>();
        if (spec.Rows is not null)
            weir.AddJob<RowsJob>();
        weir.Configure(options =>
        {
            options.DataDirectory = spec.Data;
            options.DefaultPartitions = 2;
            options.RevivalPeriod = TimeSpan.FromMilliseconds(250);
            options.CheckpointInterval = TimeSpan.FromMilliseconds(200);
            options.CheckpointTimeout = TimeSpan.FromSeconds(3);
            options.CheckpointsRetained = 2;

            // The few keys of a group mostly change from one checkpoint to the next, and then bases would take the place
            // of folds: here both come often, on a machine of any speed.
            options.Chains = new ChainPolicy { MaxSegments = 4, MaxChange = 2, MaxChanged = 3 };
            options.RestartStrategy = new RestartStrategy.FixedDelay(1000, TimeSpan.FromMilliseconds(200));
        });
    }

    private static void Log(ILoggingBuilder logging) => logging
        .SetMinimumLevel(LogLevel.Information)
        .AddFilter("Orleans", LogLevel.Warning)
        .AddFilter("Microsoft.Orleans", LogLevel.Warning)
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddSimpleConsole(format =>
        {
            format.SingleLine = true;
            format.TimestampFormat = "HH:mm:ss.fff ";
        });
}
