namespace Weir.Engine.Tests.Speed;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>An amount for a key.</summary>
public readonly record struct Amount(long Key, long Value, EventTime At);

/// <summary>
/// The engine in one thread, from encoded batches, as they come from a log, to tumbling sums per key. No window closes, so
/// that it can go through the same batches again and again: offsets and times go on.
/// </summary>
internal sealed class EngineLoop : IStageOutput
{
    private const int PerBatch = 1000;
    private static readonly KeyedTopic<long, Amount> Input = Topic.Of<Amount>("amounts").KeyedBy(each => each.Key);
    private static readonly Topic<Windowed<long, long>> Results = Topic.Of<Windowed<long, long>>("sums");

    private readonly SourceProgram _source;
    private readonly GroupProgram[] _groups;
    private readonly ReadOnlyMemory<byte>[] _payloads;
    private long _next;

    /// <summary>Encodes the events; they are in whole batches.</summary>
    public EngineLoop(Amount[] amounts)
    {
        var codecs = new CodecRegistry();
        var job = new TestJob(job => job
            .From(Input)
            .WithEventTime(amount => amount.At, Watermarks.Monotonous())
            .KeyBy(Input.Key)
            .Window(Windows.Tumbling(TimeSpan.FromDays(1)))
            .Aggregate("sum", new Sum<Amount, long>(amount => amount.Value))
            .To(Results));
        var plan = new JobPlan(
            JobGraph.Build(job, codecs), codecs, new Dictionary<string, int> { [Input.Name] = 1, [Results.Name] = 1 });
        _source = plan.CreateSource(0, 0);
        _groups = [.. Enumerable.Range(0, plan.GroupCount).Select(group => plan.CreateGroup(0, group))];
        _payloads = [.. amounts.Chunk(PerBatch).Select(batch => Encode(codecs.For<Amount>(), batch))];
    }

    /// <summary>How many events the groups have applied.</summary>
    public long Applied => _groups.Sum(group => group.EventsIn);

    /// <summary>The batches, for what counts in equal parts.</summary>
    public ReadOnlySpan<ReadOnlyMemory<byte>> Batches => _payloads;

    /// <summary>Goes through all batches once.</summary>
    public void Run()
    {
        foreach (ReadOnlyMemory<byte> payload in _payloads)
            Run(payload);
    }

    /// <summary>Goes through one batch.</summary>
    public void Run(ReadOnlyMemory<byte> payload)
    {
        _source.Process(new EventBatch
        {
            From = _next,
            Next = _next += PerBatch,
            Count = PerBatch,
            Kind = BatchKind.Events,
            Stamp = new EventTime(0),
            Schema = Input.Schema,
            Payload = payload,
        });
        _source.Flush(this);
    }

    void IStageOutput.Post(Slice slice)
    {
        _groups[slice.Target.Group].Apply(slice);
        slice.Release();
    }

    void IStageOutput.Append(in OutputBatch batch) => Assert.Fail("No window closes.");

    private static ReadOnlyMemory<byte> Encode(Codec<Amount> codec, Amount[] batch)
    {
        var bytes = new ByteWriter(batch.Length * 32);
        foreach (Amount amount in batch)
        {
            int start = bytes.BeginFrame();
            codec.Write(bytes, amount);
            bytes.EndFrame(start);
        }

        return bytes.WrittenMemory;
    }
}
