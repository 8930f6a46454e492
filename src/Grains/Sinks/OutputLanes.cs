namespace Weir.Grains.Sinks;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Protocol.Faults;
using Weir.Protocol.Logs;
using Weir.Protocol.Sinks;

/// <summary>Who publishes, and what it has to know of its job.</summary>
/// <param name="Graph">Knows the schemas of topics, and the sinks.</param>
/// <param name="Codecs">The codecs of the job.</param>
/// <param name="Producer">The instance of a stage.</param>
/// <param name="Forks">Topics in whose place others are written.</param>
internal sealed record OutputOwner(
    JobGraph Graph, CodecRegistry Codecs, SinkProducer Producer, IReadOnlyDictionary<string, string> Forks)
{
    /// <summary>The name under which topics know the producer.</summary>
    public string Name =>
        FormattableString.Invariant($"{Producer.Job}@{Producer.Lineage}/{Producer.Stage}/{Producer.Instance}");
}

/// <summary>
/// Publishes the staged output of one instance of a stage: to partitions of topics, and to sinks. Invariant: topics and
/// sinks know a producer by its name and remember its last sequence, so publishing again what may have been published
/// is harmless, and a producer of an older epoch is refused.
/// </summary>
internal sealed class OutputLanes(IEventLog log, OutputOwner owner)
{
    private const int Attempts = 20;
    private static readonly TimeSpan OpenAfter = TimeSpan.FromSeconds(5);

    // Logs take 16 MiB; smaller appends let others in between.
    private const int AppendBytes = 4 << 20;
    private readonly Dictionary<string, ISinkLane> _sinks = [];
    private readonly HashSet<string> _left = [];
    private readonly Dictionary<string, string> _schemas =
        owner.Graph.Outputs.ToDictionary(topic => topic.Name, topic => topic.Schema);

    /// <summary>Publishes what was staged; completes when all of it is durable.</summary>
    /// <exception cref="EventLogException">A topic refused.</exception>
    public async Task PublishAsync(IReadOnlyList<StagedBatch> batches)
    {
        foreach (IGrouping<OutputLane, StagedBatch> lane in batches.GroupBy(batch => batch.Lane))
        {
            if (_schemas.ContainsKey(lane.Key.Target))
                await AppendAsync([.. lane]);
            else
                await GiveAsync([.. lane]);
        }
    }

    /// <summary>Appends batches to one partition of a topic, in the order of their sequences.</summary>
    /// <exception cref="EventLogException">The topic refused.</exception>
    public async Task AppendAsync(IReadOnlyList<StagedBatch> batches)
    {
        foreach (IReadOnlyList<StagedBatch> append in OutputAppends.Divide(batches, AppendBytes))
            await AppendPartAsync(append);
    }

    /// <summary>
    /// After which time <see cref="FinishDueAsync"/> is to be called though nothing more is published; null: nothing is
    /// pending in sinks.
    /// </summary>
    public TimeSpan? DueIn => _sinks.Values
        .Select(lane => lane.DueIn)
        .Append(_left.Count > 0 ? OpenAfter : null)
        .Min();

    /// <summary>
    /// Says where an earlier epoch stood: sinks that it has written to may keep something pending, which is finished when
    /// they are opened, after a while even if nothing is published.
    /// </summary>
    public void Expect(OutputPositions positions)
    {
        foreach (string target in positions.Lanes.Select(each => each.Key.Target))
        {
            if (!_schemas.ContainsKey(target) && owner.Graph.Sinks.Any(sink => sink.Target == target))
                _left.Add(target);
        }
    }

    /// <summary>Sinks finish what is due. One that can not is tried again after a while.</summary>
    public async Task FinishDueAsync()
    {
        foreach (string target in _left.Concat(_sinks.Keys).ToArray())
        {
            try
            {
                await (await LaneOfAsync(target)).FinishDueAsync();
            }
            catch (Exception)
            {
                // Whatever the sink threw: nothing waits for this, and who publishes next meets what is wrong.
                _left.Add(target);
                await CloseAsync(target);
            }
        }
    }

    /// <summary>Sinks finish what they keep open.</summary>
    public async Task FinishAsync()
    {
        foreach (string target in _left.ToArray())
            await LaneOfAsync(target);
        foreach (ISinkLane lane in _sinks.Values)
            await lane.FinishAsync();
    }

    /// <summary>The epoch has ended.</summary>
    public async Task CloseAsync()
    {
        foreach (ISinkLane lane in _sinks.Values)
            await lane.DisposeAsync();
        _sinks.Clear();
    }

    private async Task AppendPartAsync(IReadOnlyList<StagedBatch> batches)
    {
        string topic = batches[0].Lane.Target;
        var request = new AppendRequest
        {
            Partition = new TopicPartition(owner.Forks.GetValueOrDefault(topic, topic), batches[0].Lane.Partition),
            Producer = owner.Name,
            ProducerEpoch = owner.Producer.Epoch,
            Sequence = batches[0].Sequence,
            Batches =
            [
                .. batches.Select(batch => new NewBatch
                {
                    Kind = BatchKind.Events,
                    Count = batch.Count,
                    Schema = _schemas[topic],
                    Payload = batch.Payload,
                }),
            ],
        };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                CrashPoint.Pass(CrashLabels.OutputBefore);
                await log.AppendAsync(request);
                CrashPoint.Pass(CrashLabels.OutputAfter);
                return;
            }
            catch (EventLogException unknown) when (unknown.Error == EventLogError.Unavailable && attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10 << attempt, 2000)));
            }
        }
    }

    private async Task GiveAsync(IReadOnlyList<StagedBatch> batches)
    {
        string target = batches[0].Lane.Target;
        ISinkLane lane = await LaneOfAsync(target);
        CrashPoint.Pass(CrashLabels.SinkBefore);
        try
        {
            await lane.AppendAsync(
                batches[0].Sequence, [.. batches.Select(batch => new SinkBatch(batch.Count, batch.Payload))]);
        }
        catch
        {
            // What a lane that failed knows of itself is out of date: the next attempt opens it anew.
            await CloseAsync(target);
            throw;
        }
    }

    private async ValueTask<ISinkLane> LaneOfAsync(string target)
    {
        if (_sinks.TryGetValue(target, out ISinkLane? known))
            return known;
        var sink = (ISinkConnector)owner.Graph.Sinks.Single(each => each.Target == target);
        ISinkLane lane = sink.OpenLane(owner.Producer, owner.Codecs);
        await lane.OpenAsync();
        _sinks.Add(target, lane);
        _left.Remove(target);
        return lane;
    }

    private async ValueTask CloseAsync(string target)
    {
        if (_sinks.Remove(target, out ISinkLane? lane))
            await lane.DisposeAsync();
    }
}
