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
        "segments", [.. SampleJobs.All.Select(SegmentOf)], Refusals.IsFailedGroup);

    /// <summary>Slices for every kind of operator, applied to a group that holds something.</summary>
    public static Decoder Slices() => new(
        "slices", [.. SampleJobs.All.SelectMany(job => SlicesOf(new SampleRun(job)))], Refusals.IsFailedGroup);

    /// <summary>Keys as bytes, as a query names them.</summary>
    public static Decoder Keys() => new(
        "keys", [.. SampleJobs.All.SelectMany(job => KeysOf(new SampleRun(job)))], Refusals.IsCorrupt);

    /// <summary>Whether a program writes what it restores and writes again.</summary>
    public static void CheckSnapshot(SampleRun run, SampleGroup program)
    {
        byte[] snapshot = program.Snapshot();
        SampleGroup restored = run.NewGroup(program.Program.Group);
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
    public static byte[] DamagedInside(byte[] segment, Chance chance, bool isBase = true)
    {
        (byte[] header, (uint Hash, byte[] Bytes)[] records) = Parts(segment);
        byte[] other = records.Length > 0 ? chance.Of(records).Bytes : header;
        if (records.Length == 0 || chance.OneIn(4))
        {
            int from = chance.OneIn(2) ? 0 : chance.Below(header.Length);
            header = [.. header[..from], .. Damage.Of(header[from..], other, chance)];
        }
        else
        {
            int at = chance.Below(records.Length);
            records[at].Bytes = chance.Below(16) switch
            {
                0 => other,
                1 => [],
                _ => Damage.Of(records[at].Bytes, other, chance),
            };
        }

        var writer = new SegmentWriter(isBase);
        writer.Writer.WriteBytes(header);
        writer.EndHeader();
        foreach ((uint hash, byte[] bytes) in records)
            writer.Add(hash, bytes);
        return writer.Finish().ToArray();
    }

    private static Sample SegmentOf(SampleJob job)
    {
        var run = new SampleRun(job);
        SampleRun writer = job.WrittenBy is { } before ? new SampleRun(before) : run;
        SampleGroup group = writer.Fullest;
        byte[] segment = group.Snapshot();
        (SliceTarget Target, byte[] Bytes)[] slices =
        [
            run.SlicesOf(group, commands: false).Last(), .. run.SlicesOf(group, commands: true),
        ];
        ReadOnlyMemory<byte>[] keys = [.. KeyBytes(writer, segment).Take(2)];
        return new Sample(job.Kind, segment, damaged =>
        {
            SampleGroup restored = run.NewGroup(group.Program.Group);
            restored.Restore(damaged);
            CheckSnapshot(run, restored);
            foreach (ReadOnlyMemory<byte> key in keys)
            {
                restored.Program.Find(key);
                restored.Program.Inspect(key);
            }

            restored.Program.ViewKeys(0, 10);
            GoOn(run, restored, [.. slices.Select(slice => run.Plan.DecodeSlice(slice.Target, slice.Bytes))]);
        })
        {
            Inside = (_, chance) => DamagedInside(segment, chance),
            BytesAround = AroundKeysOf(group),
        };
    }

    // A step of time can come to every key, and each that is hosted by itself then has a program of its own.
    private static long AroundKeysOf(SampleGroup group) => group.Program.HostsKeys ? 16 << 20 : 0;

    private static IEnumerable<Sample> SlicesOf(SampleRun run)
    {
        SampleGroup group = run.Fullest;
        byte[] segment = group.Snapshot();
        var kinds = run.Slices.Where(slice => slice.Target.Group == group.Program.Group)
            .GroupBy(slice => slice.Target.Edge).ToArray();
        return kinds.SelectMany(slices => slices.TakeLast(4 / kinds.Length)).Select(slice =>
            new Sample(run.Job.Kind, slice.Bytes, damaged =>
            {
                Slice decoded = run.Plan.DecodeSlice(slice.Target, damaged);
                var bytes = new ByteWriter();
                decoded.Encode(bytes);
                run.Plan.DecodeSlice(slice.Target, bytes.WrittenMemory).Release();
                SampleGroup restored = run.NewGroup(group.Program.Group);
                restored.Restore(segment);
                GoOn(run, restored, decoded);
            })
            {
                BytesAround = AroundKeysOf(group),
            });
    }

    private static IEnumerable<Sample> KeysOf(SampleRun run)
    {
        byte[] segment = run.Fullest.Snapshot();
        SampleGroup group = run.NewGroup(run.Fullest.Program.Group);
        group.Restore(segment);
        return KeyBytes(run, segment).Take(3).Select(key => new Sample(run.Job.Kind, key.ToArray(), damaged =>
        {
            run.Plan.GroupOfKey(0, damaged);
            group.Program.Find(damaged);
            group.Program.Inspect(damaged);
        }));
    }

    private static IEnumerable<ReadOnlyMemory<byte>> KeyBytes(SampleRun run, byte[] segment)
    {
        foreach (StoredRecord record in SegmentChain.Records([new SegmentReader(segment)]))
            yield return record.Key;
    }

    private static void GoOn(SampleRun run, SampleGroup program, params Slice[] slices)
    {
        if (run.Job.TakesAnyTime)
        {
            foreach (Slice slice in slices)
            {
                program.Apply(slice);
                program.MakeCalls(leave: 2);
                CheckSnapshot(run, program);
            }

            foreach (SliceTarget target in run.SlicesOf(program, commands: false).Select(each => each.Target).Distinct())
                End(run, program, target);
            program.MakeCalls(leave: 0);
            program.Program.Flush(Output);
        }

        foreach (Slice slice in slices)
            slice.Release();
        CheckSnapshot(run, program);
    }

    private static void End(SampleRun run, SampleGroup program, SliceTarget target)
    {
        Slice slice = run.Plan.Graph.Edges[target.Edge].NewSlice(target, run.Plan.Codecs);
        slice.AddMark(EventTime.MaxValue.Minus(1), EventTime.MaxValue.Minus(1), idle: false);
        program.Apply(slice);
        slice.Release();
    }

    private static (byte[] Header, (uint Hash, byte[] Bytes)[] Records) Parts(byte[] segment)
    {
        var reader = new SegmentReader(segment);
        return (
            reader.Header.ReadBytes(reader.Header.Remaining).ToArray(),
            [.. reader.Records().Select(record => (record.Hash, record.Bytes.ToArray()))]);
    }
}
