namespace Weir.Grains.Streams;

using Microsoft.Extensions.Options;
using Orleans.Streams;

/// <summary>Makes the receivers and cursors of a silo's agents.</summary>
internal sealed class LogQueueReceivers(
    StreamAnnouncer announcer, LogCursors cursors, IOptions<WeirStreamOptions> options) : IQueueAdapterCache
{
    public LogQueueMapper Mapper { get; } = new(options.Value.Slots, WeirStreams.ProviderName);

    public LogQueueReceiver Create(QueueId queueId) =>
        new(announcer, Mapper.NumberOf(queueId), options.Value.PollWait);

    public IQueueCache CreateQueueCache(QueueId queueId) => new LogQueueCache(cursors);
}
