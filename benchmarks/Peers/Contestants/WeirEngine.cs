namespace Weir.Benchmarks.Peers.Contestants;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>
/// Weir's engine alone, in one thread: one source partition, 64 key groups. Events come as encoded batches, as from a
/// log; results are encoded as for a topic and copied to where one would be, in memory that was there before. There is no
/// silo, no log and no checkpoint.
/// </summary>
internal sealed class WeirEngine : IContestant, IStageOutput
{
    private const int BatchEvents = 1000;
    private const int FlushAt = 8192;

    // Of an event comes one result at most: its length, a flag, key, window and sum.
    private const long MostResultBytes = 32;
    private const int ChunkBytes = 16 << 20;
    private readonly CodecRegistry _codecs = new();
    private readonly Queue<Slice> _posted = new();
    private readonly List<OutputBatch> _results = [];
    private readonly Queue<Memory<byte>> _chunks = new();
    private Memory<byte> _free;
    private readonly List<EventBatch> _batches = [];
    private SourceProgram _source = null!;
    private GroupProgram[] _groups = null!;

    public Task PrepareAsync(Workload workload, Reading[] readings)
    {
        JobGraph graph = JobGraph.Build(new SumsJob(), _codecs);
        var plan = new JobPlan(
            graph, _codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => 1));
        _source = plan.CreateSource(0, 0);
        _groups = [.. Enumerable.Range(0, plan.GroupCount).Select(group => plan.CreateGroup(0, group))];
        for (long bytes = -ChunkBytes; bytes < readings.Length * MostResultBytes; bytes += ChunkBytes)
        {
            byte[] chunk = new byte[ChunkBytes];
            Array.Fill(chunk, byte.MaxValue);
            _chunks.Enqueue(chunk);
        }

        Codec<Reading> codec = _codecs.For<Reading>();
        foreach (Reading[] batch in readings.Chunk(BatchEvents))
            _batches.Add(Encode(codec, batch));
        _batches.Add(new EventBatch { From = readings.Length, Next = readings.Length + 1, Kind = BatchKind.End, Schema = "" });
        return Task.CompletedTask;
    }

    public Task RunAsync(Reading[] readings)
    {
        foreach (EventBatch batch in _batches)
        {
            _source.Process(in batch);

            // As a source does while more is there to be read.
            if (_source.Held < FlushAt && batch.Kind != BatchKind.End)
                continue;
            _source.Flush(this);
            while (_posted.TryDequeue(out Slice? slice))
            {
                GroupProgram group = _groups[slice.Target.Group];
                group.Apply(slice);
                slice.Release();
                if (group.Held > 0)
                    group.Flush(this);
            }
        }

        return Task.CompletedTask;
    }

    public Task<Sums> SumsAsync()
    {
        var sums = default(Sums);
        Codec<Windowed<long, long>> codec = _codecs.For<Windowed<long, long>>();
        foreach (OutputBatch batch in _results)
        {
            var reader = new ByteReader(batch.Payload);
            for (int i = 0; i < batch.Count; i++)
            {
                int outer = reader.EnterFrame();
                Windowed<long, long> result = codec.Read(reader);
                reader.LeaveFrame(outer);
                sums.Add(result.Key, result.Window.Start.Milliseconds, result.Value);
            }
        }

        return Task.FromResult(sums);
    }

    void IStageOutput.Post(Slice slice) => _posted.Enqueue(slice);

    void IStageOutput.Append(in OutputBatch batch)
    {
        int length = batch.Payload.Length;
        if (_free.Length < length)
            _free = _chunks.Dequeue();
        batch.Payload.CopyTo(_free);
        _results.Add(batch with { Payload = _free[..length] });
        _free = _free[length..];
        OutputBuffers.Return(batch.Payload);
    }

    private EventBatch Encode(Codec<Reading> codec, Reading[] batch)
    {
        long from = _batches.Count * (long)BatchEvents;
        var bytes = new ByteWriter(batch.Length * 32);
        foreach (Reading reading in batch)
        {
            int start = bytes.BeginFrame();
            codec.Write(bytes, reading);
            bytes.EndFrame(start);
        }

        return new EventBatch
        {
            From = from,
            Next = from + batch.Length,
            Count = batch.Length,
            Kind = BatchKind.Events,
            Stamp = new EventTime(0),
            Schema = SumsJob.Readings.Schema,
            Payload = bytes.WrittenMemory,
        };
    }
}
