namespace Weir.Faults.Probes;

using Weir.Contracts;

/// <summary>What a caller meets while a silo is down, stands still, or has just come up.</summary>
internal static class Down
{
    public static bool Is(Exception fault) =>
        fault is WeirException or TimeoutException or ObjectDisposedException or OperationCanceledException
            or Orleans.Runtime.OrleansException;
}
