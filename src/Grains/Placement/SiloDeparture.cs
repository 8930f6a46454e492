namespace Weir.Grains.Placement;

using Orleans.Runtime;
using Weir.Grains.Exchange;

/// <summary>
/// Lets jobs go before their silo does: when the silo is told to stop it says so to all others, and waits until what ran
/// here runs elsewhere. If that takes too long it goes anyway, which is then as if it had died.
/// </summary>
internal sealed class SiloDeparture(SiloLayout layout, SiloServices services, SiloParticipants participants)
    : ILifecycleParticipant<ISiloLifecycle>
{
    // Jobs leave without a checkpoint after half of it; hosts kill what takes longer than twice of it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);

    // Stopped first, while the silo is as active as ever.
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloDeparture), ServiceLifecycleStage.Active + 1000, _ => Task.CompletedTask, LeaveAsync);

    private async Task LeaveAsync(CancellationToken stop)
    {
        layout.Stop();
        SiloAddress[] others = [.. layout.Current.Silos.Where(silo => !silo.Equals(layout.Local))];
        if (stop.IsCancellationRequested || others.Length == 0)
            return;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(Patience);
        layout.Leave(layout.Local);
        try
        {
            await Task.WhenAll(others.Select(TellAsync)).WaitAsync(late.Token);
            while (participants.AreBusy)
                await Task.Delay(LookAgain, late.Token);
        }
        catch (OperationCanceledException)
        {
            // There is no more time.
        }
    }

    private async Task TellAsync(SiloAddress silo)
    {
        try
        {
            await services.At(silo).LeaveAsync(layout.Local);
        }
        catch (Exception fault) when (fault is OrleansException or TimeoutException)
        {
            // It learns of it when this silo is gone.
        }
    }
}
