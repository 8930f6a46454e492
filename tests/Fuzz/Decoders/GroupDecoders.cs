namespace Weir.Fuzz.Decoders;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Fuzz.Inputs;
using Weir.Fuzz.Samples;

/// <summary>What key groups take: segments of checkpoints, slices of other silos, keys of queries.</summary>
internal static class GroupDecoders
{
    private static readonly Nowhere Output = new();

    /// <summary>Segments of every kind of operator. What is accepted must go on like any other program.</summary>
    public static Decoder Segments() => new(
        "segments", [.. SampleJobs.All.Select(job => SegmentOf(new SampleRun(job)))], Refusals.IsFailedGroup);

    /// <summary>Slices for every kind of operator, applied to a group that holds something.</summary>
    public static Decoder Slices() => new(
        "slices", [.. SampleJobs.All.SelectMany(job => SlicesOf(new SampleRun(job)))], Refusals.IsFailedGroup);

    /// <summary>Keys as bytes, as a query names them.</summary>
    public static Decoder Keys() => new(
        "keys", [.. SampleJobs.All.SelectMany(job => KeysOf(new SampleRun(job)))], Refusals.IsCorrupt);

    private static Sample SegmentOf(SampleRun run)
    {
        GroupProgram group = run.Fullest;
        byte[] segment = group.Snapshot();
        (SliceTarget target, byte[] bytes) = run.Slices.Last(slice => slice.Target.Group == group.Group);
        ReadOnlyMemory<byte>[] keys = [.. KeyBytes(run, group).Take(2)];
        return new Sample(run.Job.Kind, segment, damaged =>
        {
            GroupProgram restored = run.NewGroup(group.Group);
            restored.Restore(damaged);
            CheckSnapshot(run, restored);
            foreach (ReadOnlyMemory<byte> key in keys)
            {
                restored.Find(key);
                restored.Inspect(key);
            }

            restored.ViewKeys(0, 10);
            GoOn(run, restored, run.Plan.DecodeSlice(target, bytes));
        })
        {
            Inside = (_, chance) => DamagedInside(segment, chance),
        };
    }

    private static IEnumerable<Sample> SlicesOf(SampleRun run)
    {
        GroupProgram group = run.Fullest;
        byte[] segment = group.Snapshot();
        return run.Slices.Where(slice => slice.Target.Group == group.Group).TakeLast(4).Select(slice =>
            new Sample(run.Job.Kind, slice.Bytes, damaged =>
            {
                Slice decoded = run.Plan.DecodeSlice(slice.Target, damaged);
                var bytes = new ByteWriter();
                decoded.Encode(bytes);
                run.Plan.DecodeSlice(slice.Target, bytes.WrittenMemory).Release();
                GroupProgram restored = run.NewGroup(group.Group);
                restored.Restore(segment);
                GoOn(run, restored, decoded);
            }));
    }

    private static IEnumerable<Sample> KeysOf(SampleRun run)
    {
        GroupProgram group = run.Fullest;
        return KeyBytes(run, group).Take(3).Select(key => new Sample(run.Job.Kind, key.ToArray(), damaged =>
        {
            run.Plan.GroupOfKey(0, damaged);
            group.Find(damaged);
            group.Inspect(damaged);
        }));
    }

    private static IEnumerable<ReadOnlyMemory<byte>> KeyBytes(SampleRun run, GroupProgram group)
    {
        Codec codec = run.Plan.Codecs.For(run.Plan.KeyTypeOf(0)!);
        foreach (ByteReader record in new SegmentReader(group.Snapshot()).AllRecords())
        {
            var bytes = new ByteWriter();
            codec.WriteObject(bytes, codec.ReadObject(record));
            record.ReadBytes(record.Remaining);
            yield return bytes.ToArray();
        }
    }

    private static void GoOn(SampleRun run, GroupProgram program, Slice slice)
    {
        if (run.Job.TakesAnyTime)
        {
            program.Apply(slice);
            slice.Release();
            CheckSnapshot(run, program);
            slice = run.Plan.Graph.Edges[slice.Target.Edge].NewSlice(slice.Target, run.Plan.Codecs);
            slice.AddMark(EventTime.MaxValue.Minus(1), EventTime.MaxValue.Minus(1), idle: false);
            program.Apply(slice);
            program.Flush(Output);
        }

        slice.Release();
        CheckSnapshot(run, program);
    }

    private static void CheckSnapshot(SampleRun run, GroupProgram program)
    {
        byte[] snapshot = program.Snapshot();
        GroupProgram restored = run.NewGroup(program.Group);
        try
        {
            restored.Restore(snapshot);
        }
        catch (CorruptDataException refused)
        {
            throw new MisbehavedException($"a program wrote what it refuses: {refused}");
        }

        if (!restored.Snapshot().AsSpan().SequenceEqual(snapshot))
            throw new MisbehavedException("what a program restored is not what was written");
    }

    /// <summary>Damages the header or a record and makes the checksums right again.</summary>
    private static byte[] DamagedInside(byte[] segment, Chance chance)
    {
        (byte[] header, List<byte[]> records) = Parts(segment);
        byte[] other = chance.Of(records);
        if (chance.OneIn(4))
        {
            int from = chance.OneIn(2) ? 0 : Math.Max(header.Length - 24, 0);
            header = [.. header[..from], .. Damage.Of(header[from..], other, chance)];
        }
        else
        {
            int at = chance.Below(records.Count);
            records[at] = chance.Below(16) switch
            {
                0 => other,
                1 => [],
                _ => Damage.Of(records[at], other, chance),
            };
        }

        var writer = new SegmentWriter();
        writer.Writer.WriteBytes(header);
        writer.EndHeader();
        foreach (byte[] record in records)
        {
            int start = writer.BeginRecord((uint)record.Length);
            writer.Writer.WriteBytes(record);
            writer.EndRecord(start);
        }

        return writer.Finish();
    }

    private static (byte[] Header, List<byte[]> Records) Parts(byte[] segment)
    {
        var reader = new SegmentReader(segment);
        return (
            reader.Header.ReadBytes(reader.Header.Remaining).ToArray(),
            [.. reader.AllRecords().Select(record => record.ReadBytes(record.Remaining).ToArray())]);
    }
}
