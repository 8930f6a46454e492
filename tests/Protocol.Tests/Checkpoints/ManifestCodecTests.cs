namespace Weir.Protocol.Tests.Checkpoints;

using System.Globalization;
using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sources;

public sealed class ManifestCodecTests
{
    private static readonly Manifest Sample = new()
    {
        Job = "flights",
        Epoch = 3,
        Number = 17,
        Lineage = 2,
        Fingerprint = "abc",
        TakenAt = new EventTime(1234),
        Savepoint = "before-upgrade",
        IsFinal = true,
        Partitions = new Dictionary<string, int> { ["in"] = 4, ["out"] = 2 },
        Operators = [new ManifestOperator("sum", 64)],
        Reports =
        [
            new ParticipantReport
            {
                Participant = "source in/0",
                Epoch = 3,
                Number = 17,
                Cut = new SourceCut(
                    9, new byte[] { 1, 2 }, new InputDigest(4, 9, 2, 77), new InputDigest(8, 9, 1, ulong.MaxValue)),
            },
            new ParticipantReport
            {
                Participant = "operator sum, group 3",
                Epoch = 3,
                Number = 17,
                Mark = new GroupMark(new byte[] { 9 }, EventTime.MaxValue, new EventTime(-5), 12),
                Chain = [new SegmentRef("flights/a", 10, 20, 0xFFFFFFFF), new SegmentRef("flights/b", 0, 5, 1)],
                Staged = [new SegmentRef("flights/b", 5, 7, 2)],
                Positions = new byte[] { 1, 1, 1 },
                HasEnded = true,
                BytesWritten = 12,
            },
        ],
    };

    [Fact]
    public void AManifestComesBackAsItWas()
    {
        byte[] bytes = ManifestCodec.Encode(Sample);
        Manifest read = ManifestCodec.Decode(bytes);
        Assert.Equal(bytes, ManifestCodec.Encode(read));
        Assert.Equal("before-upgrade", read.Savepoint);
        Assert.Equal(Sample.Reports[1].Chain, read.Reports[1].Chain);
        Assert.Equal(Sample.Reports[0].Cut!.Last, read.Reports[0].Cut!.Last);
        Assert.Equal(["flights/a", "flights/b"], read.Files);
        Assert.Equal(12, read.Lengths["flights/b"]);
    }

    [Fact]
    public void AReportComesBackAsItWas()
    {
        foreach (ParticipantReport report in Sample.Reports)
        {
            byte[] bytes = ManifestCodec.EncodeReport(report);
            Assert.Equal(bytes, ManifestCodec.EncodeReport(ManifestCodec.DecodeReport(bytes)));
        }
    }

    [Fact]
    public void EveryDamagedByteIsFound()
    {
        byte[] bytes = ManifestCodec.Encode(Sample);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 0x40;
            Assert.Throws<CorruptDataException>(() => ManifestCodec.Decode(damaged));
            Assert.Throws<CorruptDataException>(() => ManifestCodec.Decode(bytes.AsMemory(0, i)));
        }
    }

    [Fact]
    public void ARecordComesBackAsItWas_AndEveryDamagedByteIsFound()
    {
        var record = new CheckpointRecord
        {
            Epoch = 4,
            Writer = "me",
            Lineage = 2,
            Failure = "why",
            Retained = [new CompleteCheckpoint(3, 2, "m3", 7, new EventTime(5), null), new(9, 4, "m9", 8, new(6), "s")],
        };
        byte[] bytes = record.ToArray();
        Assert.Equal(bytes, CheckpointRecord.Parse(bytes).ToArray());
        Assert.Equal(record.Retained, CheckpointRecord.Parse(bytes).Retained);
        Assert.Same(CheckpointRecord.Empty, CheckpointRecord.Parse(default));
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 1;
            Assert.Throws<CorruptDataException>(() => CheckpointRecord.Parse(damaged));
        }
    }

    [Theory]
    [InlineData("flights", "flights/")]
    [InlineData("flights.v2", "flights_2ev2/")]
    [InlineData("a_2e", "a_5f2e/")]
    public void NamesOfFilesAreValid_AndThoseOfJobsStayApart(string job, string prefix)
    {
        Assert.Equal(prefix, CheckpointNames.PrefixOf(job));
        string name = CheckpointNames.Segments(job, 3, 17, "ab12");
        Assert.True(StoredName.IsValid(name));
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{prefix}seg-000003-000000017-ab12.seg"), name);
        Assert.Equal(3, CheckpointNames.EpochOf(name));
        Assert.Equal(12, CheckpointNames.EpochOf(CheckpointNames.ManifestOf(job, 12, 1, "x")));
        Assert.Null(CheckpointNames.EpochOf(prefix + "readme.txt"));
    }
}
