namespace Weir.Cli;

using Weir.Cli.Commands;
using Weir.Client;
using Weir.Contracts;

/// <summary>Where a command goes: gateways as <c>host:port</c>, of a cluster of a name.</summary>
internal sealed record Target(IReadOnlyList<string> Gateways, string ClusterId);

/// <summary>Connects a command to Weir.</summary>
internal interface IConnector
{
    /// <summary>Connects to a cluster.</summary>
    Task<IConnection> ConnectAsync(Target target, CancellationToken cancellation);
}

/// <summary>A connection for the time of one command.</summary>
internal interface IConnection : IAsyncDisposable
{
    IWeirClient Client { get; }
}

/// <summary>Connects over the network. A person waits for the answer, so the limits are short.</summary>
internal sealed class GatewayConnector : IConnector
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<IConnection> ConnectAsync(Target target, CancellationToken cancellation)
    {
        var options = new WeirConnectionOptions
        {
            Gateways =
            [
                .. target.Gateways.SelectMany(each => each.Split(
                    ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
            ],
            ClusterId = target.ClusterId,
            ConnectTimeout = Patience,
            Client = client => client.RetryFor = Patience,
        };
        try
        {
            return new Connection(await WeirConnection.ConnectAsync(options, cancellation).ConfigureAwait(false));
        }
        catch (WeirException wrong) when (wrong.Error == WeirError.InvalidRequest)
        {
            throw new UsageException(wrong.Message);
        }
    }

    private sealed class Connection(WeirConnection connection) : IConnection
    {
        public IWeirClient Client => connection.Client;

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
