namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Weir.Grains.Jobs;
using Weir.Grains.Storage;

/// <summary>In front of the storage of records: the next one of a job that is written after it was told to hold waits until
/// it is released.</summary>
public sealed class HeldRecords : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _holds;

    public IGrainStorage Records { get; set; } = null!;

    /// <summary>When a record waits.</summary>
    public Task Held => _held.Task;

    public void Hold() => _holds = true;

    public void Release() => _released.TrySetResult();

    public void Participate(ISiloLifecycle lifecycle) =>
        ((ILifecycleParticipant<ISiloLifecycle>)Records).Participate(lifecycle);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Records.ReadStateAsync(stateName, grainId, grainState);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_holds && grainState is IGrainState<JobRecord> && _held.TrySetResult())
            await _released.Task;
        await Records.WriteStateAsync(stateName, grainId, grainState);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Records.ClearStateAsync(stateName, grainId, grainState);
}

internal static class HeldRecordsServices
{
    public static void Wrap(this IServiceCollection services, HeldRecords held)
    {
        const string name = OrleansSqliteStorage.StorageName;
        Func<IServiceProvider, object?, object> known = services
            .Last(each => each.ServiceType == typeof(IGrainStorage) && Equals(each.ServiceKey, name))
            .KeyedImplementationFactory!;
        services.AddKeyedSingleton<IGrainStorage>(name, (provider, key) =>
        {
            held.Records = (IGrainStorage)known(provider, key);
            return held;
        });
    }
}
