namespace Weir.Simulation.Jobs;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Simulation.World;

/// <summary>
/// The input of one seed. Event times rise with a disorder that the watermarks allow, so that nothing is late and the
/// results do not depend on the order of channels.
/// </summary>
public sealed class SimInput
{
    /// <summary>By how much events of a partition are out of order at most.</summary>
    public const int Disorder = 15;

    private readonly Dictionary<string, List<Item>> _items = [];

    public IReadOnlyList<Item> Of(Topic topic) => _items[topic.Name];

    public static SimInput Fill(SimLog log, SimJob job, Chance chance)
    {
        var input = new SimInput();
        Codec<Item> codec = job.Codecs.For<Item>();
        foreach (Topic<Item> topic in job.Inputs)
        {
            int partitions = job.Partitions[topic.Name];
            input._items[topic.Name] = [];
            string[][] keys = [.. Enumerable.Range(0, partitions).Select(partition => KeysOf(job, topic, partition))];
            for (int partition = 0; partition < partitions; partition++)
                input.Fill(log, (topic, partition), keys[partition], (codec, chance));
        }

        return input;
    }

    private static string[] KeysOf(SimJob job, Topic<Item> topic, int partition) =>
    [
        .. Enumerable.Range(0, 400)
            .Select(i => $"k{i}")
            .Where(key => (topic.PartitionOf(new Item(key, "", 0, 0), job.Partitions[topic.Name], job.Codecs)
                ?? partition) == partition)
            .Take(5),
    ];

    private void Fill(
        SimLog log, (Topic<Item> Topic, int Partition) place, string[] keys, (Codec<Item> Codec, Chance Chance) with)
    {
        Chance chance = with.Chance;
        int batches = chance.Between(8, 24);
        int span = chance.Between(300, 1500);
        long time = chance.Below(40);
        long offset = 0;
        long stamp = 0;
        for (int i = 0; i < batches; i++)
        {
            stamp = Math.Max(stamp, (long)span * i / batches + chance.Below(20));
            if (chance.Happens(0.1))
            {
                log.AddInput(place.Topic.Name, place.Partition, Empty(BatchKind.Tick, offset++, stamp), stamp);
                continue;
            }

            var items = new Item[chance.Between(1, 5)];
            for (int j = 0; j < items.Length; j++)
            {
                time += chance.Below(12);
                items[j] = new Item(
                    keys[chance.Below(keys.Length)],
                    $"k{chance.Below(6)}",
                    Math.Max(0, time - chance.Below(Disorder + 1)),
                    chance.Between(1, 100));
            }

            _items[place.Topic.Name].AddRange(items);
            log.AddInput(place.Topic.Name, place.Partition, Batch(place.Topic, with.Codec, items) with
            {
                From = offset,
                Next = offset + items.Length,
                Stamp = new EventTime(stamp),
            }, stamp);
            offset += items.Length;
        }

        log.AddInput(place.Topic.Name, place.Partition, Empty(BatchKind.End, offset, stamp), stamp);
    }

    private static EventBatch Empty(BatchKind kind, long from, long stamp) =>
        new() { From = from, Next = from + 1, Kind = kind, Stamp = new EventTime(stamp), Schema = "" };

    private static EventBatch Batch(Topic<Item> topic, Codec<Item> codec, Item[] items)
    {
        var payload = new ByteWriter();
        foreach (Item item in items)
        {
            int start = payload.BeginFrame();
            codec.Write(payload, item);
            payload.EndFrame(start);
        }

        return new EventBatch
        {
            From = 0,
            Next = items.Length,
            Count = items.Length,
            Schema = topic.Schema,
            Payload = payload.ToArray(),
        };
    }
}
