namespace Weir.Fuzz.Decoders;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Fuzz.Inputs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sinks;
using Weir.Protocol.Sources;

/// <summary>What is read back of checkpoints: manifests, reports, records, and output that waits in them.</summary>
internal static class CheckpointDecoders
{
    /// <summary>Manifests, below their checksum. What is accepted is written alike.</summary>
    public static Decoder Manifests()
    {
        var manifest = new Manifest
        {
            Job = "flights",
            Epoch = 3,
            Number = 17,
            Lineage = 2,
            Fingerprint = "abc",
            TakenAt = new EventTime(1234),
            Savepoint = "mine",
            Partitions = new Dictionary<string, int> { ["in"] = 4, ["out"] = 2 },
            Operators = [new ManifestOperator("sum", 64)],
            Reports = [SourceReport(), GroupReport()],
        };
        return new Decoder(
            "manifests",
            [
                Checked("manifest", ManifestCodec.Encode(manifest), ManifestCodec.Decode, ManifestCodec.Encode),
                Checked(
                    "small", ManifestCodec.Encode(manifest with { Reports = [] }), ManifestCodec.Decode, ManifestCodec.Encode),
            ],
            Refusals.IsCorrupt);
    }

    /// <summary>Reports of participants.</summary>
    public static Decoder Reports() => new(
        "reports",
        [
            Alike("source", ManifestCodec.EncodeReport(SourceReport()), DecodeReport, ManifestCodec.EncodeReport),
            Alike("group", ManifestCodec.EncodeReport(GroupReport()), DecodeReport, ManifestCodec.EncodeReport),
        ],
        Refusals.IsCorrupt);

    /// <summary>Records of jobs, below their checksum.</summary>
    public static Decoder Records()
    {
        var record = new CheckpointRecord
        {
            Epoch = 4,
            Writer = "me",
            Lineage = 2,
            Failure = "why",
            Retained =
            [
                new CompleteCheckpoint(3, 2, "m3", 7, new EventTime(5), null),
                new CompleteCheckpoint(9, 4, "m9", 8, new EventTime(6), "mine"),
            ],
        };
        return new Decoder(
            "checkpoint-records",
            [Checked("record", record.ToArray(), CheckpointRecord.Parse, each => each.ToArray())],
            Refusals.IsCorrupt);
    }

    /// <summary>Output that waits for its checkpoint, and the positions of outputs.</summary>
    public static Decoder Staged()
    {
        var output = new StagedOutput(_ => 4, 1);
        for (int i = 0; i < 8; i++)
            output.Add(new OutputBatch($"topic-{i % 3}", i % 2 == 0 ? null : i, i, new byte[i * 3]));
        return new Decoder(
            "staged-output",
            [
                new Sample("staged", output.Prepare(1).Single().ToArray(), bytes => StagedOutput.Decode(bytes)),
                Alike(
                    "positions",
                    output.Positions(),
                    bytes => new OutputPositions(bytes),
                    positions => positions.ToArray()),
            ],
            Refusals.IsCorrupt);
    }

    private static ParticipantReport DecodeReport(ReadOnlyMemory<byte> bytes) => ManifestCodec.DecodeReport(bytes);

    private static ParticipantReport SourceReport() => new()
    {
        Participant = "source in/0",
        Epoch = 3,
        Number = 17,
        Cut = new SourceCut(9, new byte[] { 1, 2 }, new InputDigest(4, 9, 2, 77), new InputDigest(8, 9, 1, ulong.MaxValue)),
    };

    private static ParticipantReport GroupReport() => new()
    {
        Participant = "operator sum, group 3",
        Epoch = 3,
        Number = 17,
        Mark = new GroupMark(new byte[] { 9 }, EventTime.MaxValue, new EventTime(-5), 12),
        Chain = [new SegmentRef("flights/a", 10, 20, 0xFFFFFFFF), new SegmentRef("flights/b", 0, 5, 1)],
        Staged = [new SegmentRef("flights/b", 5, 7, 2)],
        Positions = new byte[] { 1, 2, 3 },
        HasEnded = true,
        BytesWritten = 12,
    };

    // A checksum at the end would keep nearly all damage from being looked at, so it is made anew.
    private static Sample Checked<T>(
        string name, byte[] valid, Func<ReadOnlyMemory<byte>, T> decode, Func<T, byte[]> encode)
    {
        return Alike(name, valid, decode, encode) with
        {
            Inside = (other, chance) =>
            {
                byte[] body = Damage.Of(valid[..^4], other, chance);
                var writer = new ByteWriter();
                writer.WriteBytes(body);
                writer.WriteInt32((int)Checksum.Of(body));
                return writer.ToArray();
            },
        };
    }

    private static Sample Alike<T>(
        string name, byte[] valid, Func<ReadOnlyMemory<byte>, T> decode, Func<T, byte[]> encode) =>
        new(name, valid, bytes =>
        {
            byte[] written = encode(decode(bytes));
            if (!encode(decode(written)).AsSpan().SequenceEqual(written))
                throw new MisbehavedException($"what was read of a {name} is not what is written");
        });
}
