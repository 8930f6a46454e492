namespace Weir.Grains.Exchange;

using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Runtime.Services;
using Orleans.Services;
using Weir.Grains.Placement;

/// <summary>What silos ask each other.</summary>
[Alias("Weir.ISiloService")]
internal interface ISiloService : IGrainService
{
    /// <summary>Takes slices; see <see cref="FrameReceiver.Take"/>. Repeating it is harmless.</summary>
    [Alias("Take")]
    [ResponseTimeout("00:00:05")]
    Task<ReadOnlyMemory<byte>> TakeAsync([Immutable] ReadOnlyMemory<byte> frame);

    /// <summary>Completes when a group may have room for a slice, or after a while.</summary>
    [Alias("WhenRoom")]
    [ResponseTimeout("00:00:05")]
    Task WhenRoomAsync(string group, long epoch, int channel, int weight);

    /// <summary>A silo is about to leave; see <see cref="SiloLayout.Leave"/>.</summary>
    [Alias("Leave")]
    [ResponseTimeout("00:00:02")]
    Task LeaveAsync(SiloAddress silo);
}

/// <summary>
/// The one service of Weir on every silo. It is addressed by silo and has no place in the grain directory, so it is
/// there as long as its silo is.
/// </summary>
internal sealed class SiloService(
    GrainId id, Silo silo, ILoggerFactory loggers, FrameReceiver receiver, SiloLayout layout)
    : GrainService(id, silo, loggers), ISiloService
{
    // Off the service's turns, so that frames of different lanes are read side by side.
    public Task<ReadOnlyMemory<byte>> TakeAsync(ReadOnlyMemory<byte> frame) => Task.Run(() => receiver.Take(frame));

    public Task WhenRoomAsync(string group, long epoch, int channel, int weight) =>
        receiver.WhenRoomAsync(GroupAddress.Parse(group), epoch, channel, weight);

    public Task LeaveAsync(SiloAddress silo)
    {
        layout.Leave(silo);
        return Task.CompletedTask;
    }
}

/// <summary>The services of all silos.</summary>
internal sealed class SiloServices(IServiceProvider services) : GrainServiceClient<ISiloService>(services)
{
    public ISiloService At(SiloAddress silo) => GetGrainService(silo);
}
