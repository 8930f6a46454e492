namespace Weir.Grains.Logs;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Grains.Placement;
using Weir.Protocol.Faults;
using Weir.Protocol.Logs;

/// <summary>
/// Where clients append to one partition. It decides nothing: every append is handed to the log before the first
/// await, so calls that arrive in order are stored in order, and many of them share a commit. It stands beside the agent
/// that delivers the partition, which then hears of every append at once.
/// </summary>
[Reentrant]
[GrainType("weir.append")]
[RendezvousPlacement]
internal sealed class AppendGrain : Grain, IAppendGrain, IDisposable
{
    private readonly IEventLog _log;
    private readonly WeirLogOptions _options;
    private readonly TopicPartition _partition;
    private readonly TickLease _ticks;
    private readonly Residence _residence;

    public AppendGrain(
        IGrainContext context,
        IEventLog log,
        IOptions<WeirLogOptions> options,
        ResidenceFactory residences,
        ILogger<AppendGrain> logger)
    {
        _log = log;
        _options = options.Value;
        _partition = TopicKeys.PartitionOf(context.GrainId.Key.ToString()!);
        _ticks = new TickLease(log, _partition, _options, logger);
        _residence = residences.Of(context);
    }

    /// <summary>The activation has ended: its clock stops.</summary>
    public void Dispose() => _ticks.Dispose();

    public Task<WireReceipt> AppendAsync(WireAppend append) => LogFailures.ToWeirAsync(async () =>
    {
        if (append?.Batches is not { Length: > 0 })
            throw new WeirException(
                WeirError.InvalidRequest, $"The append to {_partition} has no batch; give it at least one.");
        if (_residence.HasMoved())
            DeactivateOnIdle();
        CrashPoint.Pass(CrashLabels.AppendBefore);
        AppendResult result = await _log.AppendAsync(new AppendRequest
        {
            Partition = _partition,
            Producer = append.Producer,
            ProducerEpoch = append.ProducerEpoch,
            Sequence = append.Sequence,
            Batches = Array.ConvertAll(append.Batches, ToNewBatch),
        });
        CrashPoint.Pass(CrashLabels.AppendAfter);
        return new WireReceipt(_partition.Topic, _partition.Partition, result.From, result.Next, result.WasDuplicate);
    });

    public Task<long?> LastSequenceAsync(string producer) =>
        LogFailures.ToWeirAsync(() => _log.LastSequenceAsync(producer, _partition));

    public Task LeaseTicksAsync() => LogFailures.ToWeirAsync(async () =>
    {
        await _log.DescribeAsync(_partition);
        if (!_log.CapabilitiesOf(_partition.Topic).Ticks)
            return;
        // An activation that is collected in the middle of a lease would stop the clock.
        DelayDeactivation(_options.TickLease * 2);
        _ticks.Extend();
    });

    private static NewBatch ToNewBatch(WireBatch batch) => new()
    {
        Kind = batch.Kind,
        Count = batch.Count,
        Time = batch.Time,
        Schema = batch.Schema ?? "",
        Payload = batch.Payload,
    };
}
