namespace Weir.Simulation.World;

using Weir.Engine.Streams;
using Weir.Protocol.Sinks;

public enum AppendOutcome
{
    Stored,
    Unknown,
    Fenced,
}

/// <summary>
/// Topics in memory. Inputs are written beforehand and become readable bit by bit; outputs remember the sequence and
/// epoch of each producer, leave out what is stored, and refuse older epochs.
/// </summary>
public sealed class SimLog(SimWorld world)
{
    private readonly Dictionary<(string Topic, int Partition), List<(EventBatch Batch, long ReadableAt)>> _inputs = [];
    private readonly Dictionary<OutputLane, List<(string Producer, int Count, ReadOnlyMemory<byte> Payload)>> _outputs = [];
    private readonly Dictionary<(string Producer, OutputLane Lane), (long Epoch, long Next)> _producers = [];

    public void AddInput(string topic, int partition, EventBatch batch, long readableAt)
    {
        if (!_inputs.TryGetValue((topic, partition), out var batches))
            _inputs.Add((topic, partition), batches = []);
        batches.Add((batch, readableAt));
    }

    public IEnumerable<EventBatch> All(string topic, int partition) =>
        _inputs.TryGetValue((topic, partition), out var batches) ? batches.Select(each => each.Batch) : [];

    /// <summary>The readable batches from the one that holds an offset, at most a number of them.</summary>
    public List<EventBatch> Read(string topic, int partition, long from, int most)
    {
        var read = new List<EventBatch>();
        if (!_inputs.TryGetValue((topic, partition), out var batches))
            return read;
        int low = 0;
        int high = batches.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (batches[middle].Batch.Next <= from)
                low = middle + 1;
            else
                high = middle;
        }

        for (; low < batches.Count && read.Count < most && batches[low].ReadableAt <= world.Now; low++)
            read.Add(batches[low].Batch);
        return read;
    }

    public void Append(string producer, long epoch, IReadOnlyList<StagedBatch> batches, Action<AppendOutcome> answer)
    {
        if (world.Fault(world.Faults.LogRefuses, "log refused"))
        {
            world.After(world.Patience(), () => answer(AppendOutcome.Unknown));
            return;
        }

        bool isLost = world.Fault(world.Faults.LogAnswerLost, "log's answer lost");
        long delay = world.Delay() + (world.Fault(world.Faults.LogSlow, "log slow") ? world.Chance.Between(20, 150) : 0);
        if (isLost)
            world.After(world.Delay(20), () => answer(AppendOutcome.Unknown));
        world.After(delay, () =>
        {
            AppendOutcome outcome = Apply(producer, epoch, batches);
            if (!isLost)
                world.After(world.Delay(), () => answer(outcome));
        });
    }

    /// <summary>The events of an output topic by partition, each with its producer.</summary>
    public IEnumerable<(int Partition, string Producer, int Count, ReadOnlyMemory<byte> Payload)> Output(string topic) =>
        _outputs.Where(each => each.Key.Target == topic)
            .OrderBy(each => each.Key.Partition)
            .SelectMany(each => each.Value.Select(batch => (each.Key.Partition, batch.Producer, batch.Count, batch.Payload)));

    private AppendOutcome Apply(string producer, long epoch, IReadOnlyList<StagedBatch> batches)
    {
        OutputLane lane = batches[0].Lane;
        (long fence, long next) = _producers.GetValueOrDefault((producer, lane));
        if (epoch < fence)
        {
            world.Count("append fenced");
            return AppendOutcome.Fenced;
        }

        world.Require(
            batches[0].Sequence <= next,
            $"{producer} goes on at {batches[0].Sequence} of {lane} and only {next} events are stored: output is lost");
        if (!_outputs.TryGetValue(lane, out var stored))
            _outputs.Add(lane, stored = []);
        foreach (StagedBatch batch in batches)
        {
            int known = (int)Math.Clamp(next - batch.Sequence, 0, batch.Count);
            if (known > 0)
                world.Count("output trimmed");
            if (known == batch.Count)
                continue;
            stored.Add((producer, batch.Count - known, Skip(batch.Payload, known).ToArray()));
            next = batch.Sequence + batch.Count;
        }

        _producers[(producer, lane)] = (epoch, next);
        if (world.Traces)
            world.Trace($"log: {producer} of epoch {epoch} has stored {lane} up to {next}");
        return AppendOutcome.Stored;
    }

    private static ReadOnlyMemory<byte> Skip(ReadOnlyMemory<byte> payload, int events)
    {
        var reader = new Weir.Engine.Codecs.ByteReader(payload);
        for (; events > 0; events--)
            reader.ReadBlob();
        return payload[^reader.Remaining..];
    }
}
