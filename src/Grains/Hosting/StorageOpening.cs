namespace Weir.Grains.Hosting;

using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;

/// <summary>
/// Opens the log and the store of checkpoints before there are grains. Grains that were activated together and needed
/// them first would all wait on their threads, and what opens them needs a thread as well: on two cores a silo stood
/// still for four seconds then, and others took it for dead.
/// </summary>
internal sealed class StorageOpening(IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(StorageOpening),
        ServiceLifecycleStage.RuntimeStorageServices,
        stop => Task.Run(
            () =>
            {
                services.GetRequiredService<IEventLog>();
                services.GetRequiredService<ICheckpointStore>();
            },
            stop));
}
