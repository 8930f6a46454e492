namespace Weir.Grains.Streams;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Streams;
using Weir.Engine.Codecs;

/// <summary>Builds the provider's parts. On a client there is no log, hence nothing that reads it.</summary>
internal sealed class LogQueueAdapterFactory(
    LogQueueAdapter adapter, LogQueueReceivers? receivers, LogQueueMapper mapper) : IQueueAdapterFactory
{
    public static IQueueAdapterFactory Create(IServiceProvider services, string name)
    {
        LogQueueReceivers? receivers = services.GetService<LogQueueReceivers>();
        int slots = services.GetRequiredService<IOptions<WeirStreamOptions>>().Value.Slots;
        return new LogQueueAdapterFactory(
            new LogQueueAdapter(
                name,
                services.GetRequiredService<IGrainFactory>(),
                services.GetRequiredService<CodecRegistry>(),
                receivers),
            receivers,
            receivers?.Mapper ?? new LogQueueMapper(slots, name));
    }

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(adapter);

    public IQueueAdapterCache GetQueueAdapterCache() =>
        receivers ?? throw new NotSupportedException("Streams are delivered by silos, not by clients.");

    public IStreamQueueMapper GetStreamQueueMapper() => mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new PatientFailureHandler());
}
