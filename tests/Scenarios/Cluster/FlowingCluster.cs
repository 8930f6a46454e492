namespace Weir.Scenarios.Cluster;

using System.Diagnostics.CodeAnalysis;
using Weir.Client;
using Weir.Connectors.Tests.Ado;
using Weir.Connectors.Tests.PostgreSql;
using Weir.Soak.Clusters;
using Weir.Soak.Flows;

/// <summary>
/// Three silos of real processes with a job, and visits flowing into it, for the tests of one class. Silos 1 and 2 reach
/// the database through a proxy that can break their connections; silo 3 reaches it directly.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "They are disposed of at the end of the lifetime that the tests give it.")]
public sealed class FlowingCluster : IAsyncLifetime
{
    private ClusterScript? _cluster;
    private WeirConnection? _connection;
    private VisitFlow? _flow;
    private CuttingProxy? _proxy;

    internal ClusterScript Cluster => _cluster!;

    internal IWeirClient Client => _connection!.Client;

    internal VisitFlow Flow => _flow!;

    internal CuttingProxy Proxy => _proxy!;

    public async Task InitializeAsync()
    {
        // Tests that are skipped do not need it.
        if (PostgreSqlServer.Programs is null && !PostgreSqlFactAttribute.IsRequired)
            return;
        _proxy = new CuttingProxy(() => Cluster.DatabasePort);
        var ports = new Dictionary<int, int> { [1] = _proxy.Port, [2] = _proxy.Port };
        _cluster = await ClusterScript.UpAsync(
            new ClusterSpec { Jobs = "Weir.Soak.dll", DatabasePorts = ports }, cluster => _cluster = cluster);
        _connection = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = await _cluster.GatewaysAsync() });
        _flow = await VisitFlow.StartAsync(Client);
    }

    public async Task DisposeAsync()
    {
        if (_flow is not null)
            await _flow.DisposeAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
    }
}
