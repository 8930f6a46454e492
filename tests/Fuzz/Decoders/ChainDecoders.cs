namespace Weir.Fuzz.Decoders;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Fuzz.Inputs;
using Weir.Fuzz.Samples;

/// <summary>What checkpoints keep of key groups: marks, and changes behind a base.</summary>
internal static class ChainDecoders
{
    /// <summary>Segments of changes of every kind of operator: folded, searched for keys, and restored.</summary>
    public static Decoder Changes() => new(
        "changes", [.. SampleJobs.All.Where(job => job.WrittenBy is null).SelectMany(ChangesOf)], Refusals.IsFailedGroup);

    /// <summary>Marks of groups, restored with the segments that they belong to.</summary>
    public static Decoder Marks() => new(
        "marks", [.. SampleJobs.All.Where(job => job.WrittenBy is null).Select(MarkOf)], Refusals.IsFailedGroup);

    private static IEnumerable<Sample> ChangesOf(SampleJob job)
    {
        var run = new SampleRun(job);
        Stored stored = Store(run);
        if (stored.Chain.Count < 2)
            yield break;
        byte[] changes = stored.Chain[1];
        yield return new Sample(job.Kind, changes, damaged =>
        {
            SegmentFold.Merge([new SegmentMemory(stored.Chain[0]), new SegmentMemory(damaged)]);
            Restore(run, stored with { Chain = [stored.Chain[0], damaged] });
        })
        {
            Inside = (_, chance) => GroupDecoders.DamagedInside(changes, chance, isBase: false),
            BytesAround = 16 << 20,
        };
    }

    private static Sample MarkOf(SampleJob job)
    {
        var run = new SampleRun(job);
        Stored stored = Store(run);
        return new Sample(job.Kind, stored.Mark, damaged => Restore(run, stored with { Mark = damaged }))
        {
            BytesAround = 16 << 20,
        };
    }

    private static void Restore(SampleRun run, Stored stored)
    {
        GroupProgram group = run.NewGroup(stored.Group).Program;
        group.Restore(
            GroupMark.Read(new ByteReader(stored.Mark)), [.. stored.Chain.Select(each => new SegmentMemory(each))]);
        foreach (ReadOnlyMemory<byte> key in stored.Keys)
        {
            group.Find(key);
            group.Inspect(key);
        }

        group.Load();
    }

    private static Stored Store(SampleRun run)
    {
        SampleGroup full = run.Fullest;
        SampleGroup group = run.NewGroup(full.Program.Group);
        (SliceTarget Target, byte[] Bytes)[] slices = [.. run.SlicesOf(full, commands: false)];
        Apply(run, group, slices[..(slices.Length * 2 / 3)]);
        GroupCapture first = Capture(group, asBase: true);
        Apply(run, group, slices[(slices.Length * 2 / 3)..]);
        GroupCapture second = Capture(group, asBase: false);
        var mark = new ByteWriter();
        second.Mark.Write(mark);
        List<byte[]> chain = [];
        foreach (GroupCapture capture in (GroupCapture[])[first, second])
        {
            if (capture.IsBase)
                chain.Clear();
            if (capture.Segment is { } segment)
                chain.Add(segment.ToArray());
        }

        ReadOnlyMemory<byte>[] keys = [.. chain.Take(1).SelectMany(segment => SegmentChain
            .Records([new SegmentReader(segment)]))
            .Take(2)
            .Select(record => record.Key)];
        return new Stored(full.Program.Group, mark.ToArray(), chain, keys);
    }

    private static void Apply(SampleRun run, SampleGroup group, (SliceTarget Target, byte[] Bytes)[] slices)
    {
        foreach ((SliceTarget target, byte[] bytes) in slices)
        {
            Slice slice = run.Plan.DecodeSlice(target, bytes);
            group.Apply(slice);
            slice.Release();
        }
    }

    private static GroupCapture Capture(SampleGroup group, bool asBase) =>
        group.Program.CaptureAsync(asBase, group).AsTask().GetAwaiter().GetResult();

    private sealed record Stored(
        int Group, byte[] Mark, IReadOnlyList<byte[]> Chain, IReadOnlyList<ReadOnlyMemory<byte>> Keys);
}
