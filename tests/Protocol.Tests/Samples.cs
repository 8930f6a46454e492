namespace Weir.Protocol.Tests;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using Weir.Protocol.Exchange;

public sealed record Reading(string Key, long At, long Value = 1);

/// <summary>A shuffle and a window over a topic of two partitions.</summary>
public sealed class SampleJob : StreamJob
{
    public static readonly Topic<Reading> Input = Topic.Of<Reading>("readings");
    public static readonly Topic<Windowed<string, long>> Output = Topic.Of<Windowed<string, long>>("sums");

    public override string Name => "sample";

    public override void Define(JobBuilder job) => job
        .KeyGroups(4)
        .From(Input)
        .WithEventTime(reading => new EventTime(reading.At), Watermarks.Bounded(TimeSpan.Zero))
        .KeyBy(reading => reading.Key)
        .Window(Windows.Tumbling(TimeSpan.FromMilliseconds(100)))
        .Aggregate("sum", new Sum<Reading, long>(reading => reading.Value))
        .To(Output);

    public static JobPlan Plan()
    {
        var codecs = new CodecRegistry();
        return new JobPlan(
            JobGraph.Build(new SampleJob(), codecs),
            codecs,
            new Dictionary<string, int> { ["readings"] = 2, ["sums"] = 2 });
    }

    public static EventBatch Batch(long from, params Reading[] readings)
    {
        Codec<Reading> codec = new CodecRegistry().For<Reading>();
        var payload = new ByteWriter();
        foreach (Reading reading in readings)
        {
            int start = payload.BeginFrame();
            codec.Write(payload, reading);
            payload.EndFrame(start);
        }

        return new EventBatch
        {
            From = from,
            Next = from + readings.Length,
            Count = readings.Length,
            Schema = Input.Schema,
            Payload = payload.ToArray(),
        };
    }
}

/// <summary>Keeps what a stage gives.</summary>
public sealed class Collected(long epoch = 1) : IStageOutput
{
    private readonly SliceNumbers _numbers = new(epoch);

    public List<Slice> Slices { get; } = [];

    public List<OutputBatch> Output { get; } = [];

    public void Post(Slice slice)
    {
        _numbers.Stamp(slice);
        Slices.Add(slice);
    }

    public void Append(in OutputBatch batch) => Output.Add(batch);

    /// <summary>The slices for a group since the last call.</summary>
    public List<Slice> TakeFor(int group)
    {
        List<Slice> taken = [.. Slices.Where(slice => slice.Target.Group == group)];
        Slices.Clear();
        return taken;
    }
}
