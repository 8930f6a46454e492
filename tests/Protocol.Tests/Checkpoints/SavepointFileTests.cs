namespace Weir.Protocol.Tests.Checkpoints;

using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sources;

public sealed class SavepointFileTests
{
    private static readonly byte[][] Segments = [[1, 2, 3], [], [4, 5, 6, 7, 8, 9, 10], [11]];

    private static readonly Manifest Sample = new()
    {
        Job = "flights",
        Epoch = 3,
        Number = 17,
        Lineage = 2,
        Fingerprint = "abc",
        TakenAt = new EventTime(1234),
        Savepoint = "before-upgrade",
        Partitions = new Dictionary<string, int> { ["in"] = 4 },
        Operators = [new ManifestOperator("sum", 2)],
        Reports =
        [
            new ParticipantReport
            {
                Participant = "source in/0",
                Epoch = 3,
                Number = 17,
                Cut = new SourceCut(9, new byte[] { 1, 2 }, new InputDigest(4, 9, 2, 77), new InputDigest(8, 9, 1, 5)),
                Staged = [At("x", 0, [42])],
                Positions = new byte[] { 1 },
            },
            Group(0, At("a", 100, Segments[0]), At("a", 103, Segments[1])),
            Group(1, At("b", 0, Segments[2]), At("a", 100, Segments[0]), At("c", 7, Segments[3])),
        ],
    };

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void AFile_ComesBackInPiecesOfAnySize(int piece)
    {
        var intake = new SavepointIntake();
        var parts = new Dictionary<SegmentRef, byte[]>();
        foreach (byte[] bytes in Write().Chunk(piece))
        {
            intake.Add(bytes);
            while (intake.TryTake(out byte[]? part, out SegmentRef at))
                parts.Add(at, part);
        }

        Assert.True(intake.IsComplete);
        Manifest read = intake.Manifest!;
        Assert.Equal(("flights", 17L, "before-upgrade"), (read.Job, read.Number, read.Savepoint));
        Assert.Equal(9, read.Reports[0].Cut!.Next);
        Assert.Equal(
            [Segments[0], Segments[1], Segments[2], Segments[0], Segments[3]],
            read.Reports.SelectMany(report => report.Chain).Select(part => parts[part]));

        // What the job publishes itself is left out, and a part that is used twice is there once.
        Assert.All(read.Reports, report => Assert.True(report.Staged.Count == 0 && report.Positions.IsEmpty));
        Assert.Equal(4, parts.Count);
    }

    [Fact]
    public void AnyFlippedBit_AnyMissingByte_AndAnyByteTooMuch_AreFound()
    {
        byte[] file = Write();
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            byte[] damaged = [.. file];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(IsIntact(damaged), $"bit {bit} of {file.Length} bytes");
        }

        Assert.All(Enumerable.Range(0, file.Length), length => Assert.False(IsIntact(file[..length])));
        Assert.False(IsIntact([.. file, 0]));
        Assert.True(IsIntact(file));
    }

    private static bool IsIntact(byte[] file)
    {
        try
        {
            var intake = new SavepointIntake();
            intake.Add(file);
            return intake.IsComplete;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    private static byte[] Write()
    {
        (ReadOnlyMemory<byte> head, IReadOnlyList<SegmentRef> parts) = SavepointFile.Plan(Sample);
        byte[] BytesOf(SegmentRef part) => Segments.Single(segment =>
            segment.Length == part.Length && Checksum.Of(segment) == part.Checksum);
        return [.. head.ToArray(), .. parts.SelectMany(BytesOf)];
    }

    private static SegmentRef At(string file, long offset, byte[] bytes) =>
        new($"flights/{file}", offset, bytes.Length, Checksum.Of(bytes));

    private static ParticipantReport Group(int group, params SegmentRef[] chain) => new()
    {
        Participant = Participants.OfGroup("sum", group),
        Epoch = 3,
        Number = 17,
        Mark = new GroupMark(new byte[] { 9 }, EventTime.MaxValue, EventTime.MaxValue, 1),
        Chain = chain,
    };
}
