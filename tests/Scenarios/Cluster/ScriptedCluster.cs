namespace Weir.Scenarios.Cluster;

using Weir.Connectors.Tests.Ado;
using Weir.Soak.Clusters;

/// <summary>Three silos of real processes, as the compose file says, for the tests of one class.</summary>
public sealed class ScriptedCluster : IAsyncLifetime
{
    private ClusterScript? _script;

    internal ClusterScript Script => _script!;

    public async Task InitializeAsync()
    {
        // Tests that are skipped do not need it.
        if (PostgreSqlServer.Programs is not null || PostgreSqlFactAttribute.IsRequired)
            _script = await ClusterScript.UpAsync();
    }

    public async Task DisposeAsync()
    {
        if (_script is not null)
            await _script.DisposeAsync();
    }
}
