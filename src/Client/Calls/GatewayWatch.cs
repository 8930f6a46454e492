namespace Weir.Client.Calls;

using System.Diagnostics.CodeAnalysis;

/// <summary>
/// Knows when a connection to a gateway breaks. Orleans says nothing to calls whose answers would have come over it: they
/// wait for as long as they may take. Inside a silo there are no gateways, and nothing breaks.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A source without a timer and a handle holds nothing.")]
internal sealed class GatewayWatch : IClusterConnectionStatusObserver
{
    private CancellationTokenSource _next = new();

    /// <summary>Canceled when the next connection breaks.</summary>
    public CancellationToken NextBreak => Volatile.Read(ref _next).Token;

    public void NotifyGatewayCountChanged(
        int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        // Those who wait go on elsewhere: the caller is the connection itself.
        if (currentNumberOfGateways < previousNumberOfGateways)
            _ = Interlocked.Exchange(ref _next, new CancellationTokenSource()).CancelAsync();
    }

    public void NotifyClusterConnectionLost()
    {
        // The number of gateways has changed as well.
    }
}
