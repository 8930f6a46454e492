namespace Weir.Benchmarks.Micro;

using BenchmarkDotNet.Attributes;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;

/// <summary>The segments of a sum per key: writing and reading per key, and one key found among all of a group's.</summary>
public class SegmentBenchmarks
{
    private const int Keys = 64_000;
    private readonly ByteWriter _key = new();
    private EngineRun _run = null!;
    private (GroupMark Mark, ISegmentBytes[] Chain)[] _stored = [];
    private GroupProgram _restored = null!;

    [GlobalSetup]
    public void Prepare()
    {
        _run = new EngineRun(new FunctionJob(new EmitsSum()), Reading.Many(Keys, Keys));
        _run.Run();
        _stored = [.. _run.Groups.Select(Stored)];
        Codec<long> codec = _run.Plan.Codecs.For<long>();
        codec.Write(_key, 1);
        int group = _run.Plan.GroupOfKey(0, _key.WrittenMemory);
        _restored = _run.Plan.CreateGroup(0, group);
        _restored.Restore(_stored[group].Mark, _stored[group].Chain);
    }

    [Benchmark(OperationsPerInvoke = Keys)]
    public long Write()
    {
        long bytes = 0;
        foreach (GroupProgram group in _run.Groups)
            bytes += group.Capture(asBase: true).Segment!.Value.Length;
        return bytes;
    }

    [Benchmark(OperationsPerInvoke = Keys)]
    public long Read()
    {
        long rows = 0;
        for (int group = 0; group < _stored.Length; group++)
        {
            GroupProgram program = _run.Plan.CreateGroup(0, group);
            program.Restore(_stored[group].Mark, _stored[group].Chain);
            program.Load();
            rows += program.Rows;
        }

        return rows;
    }

    [Benchmark]
    public bool FindOneKey() => _restored.Find(_key.WrittenMemory) is not null;

    private static (GroupMark Mark, ISegmentBytes[] Chain) Stored(GroupProgram group)
    {
        GroupCapture capture = group.Capture(asBase: true);
        return (capture.Mark, [new SegmentMemory(capture.Segment!.Value.ToArray())]);
    }
}
