namespace Weir.Benchmarks.Micro;

using BenchmarkDotNet.Attributes;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Protocol.Exchange;

/// <summary>
/// Slices as they go to another silo, each with what a batch of 1000 events has for one key group: time per slice, and per
/// frame of 64 of them.
/// </summary>
public class SliceBenchmarks
{
    private const int Slices = 64;
    private readonly ByteWriter _bytes = new();
    private readonly ByteWriter _blob = new();
    private EngineRun _run = null!;
    private Slice _slice = null!;
    private ReadOnlyMemory<byte> _written;
    private ReadOnlyMemory<byte> _frame;

    [GlobalSetup]
    public void Prepare()
    {
        _run = new EngineRun(new FunctionJob(new UsesValue()), Reading.Many(1000));
        _slice = _run.FirstSlice();
        WriteSlice();
        _written = _bytes.ToArray();
        _blob.WriteBlob(_written.Span);
        WriteFrame();
        _frame = _bytes.ToArray();
    }

    [Benchmark]
    public int WriteSlice()
    {
        _bytes.Clear();
        _slice.Encode(_bytes);
        return _bytes.Length;
    }

    [Benchmark]
    public int ReadSlice()
    {
        Slice slice = _run.Plan.DecodeSlice(_slice.Target, _written);
        int count = slice.Count;
        slice.Release();
        return count;
    }

    [Benchmark]
    public int WriteFrame()
    {
        _bytes.Clear();
        SliceFrame.Begin(_bytes, "job", 0);
        for (int i = 0; i < Slices; i++)
            SliceFrame.Add(_bytes, _slice.Target, (1, i + 1, 1), _blob.Written);
        return _bytes.Length;
    }

    [Benchmark]
    public int ReadFrame() => SliceFrame.Decode(_frame).Runs.Count;
}
