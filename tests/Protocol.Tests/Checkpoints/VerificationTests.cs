namespace Weir.Protocol.Tests.Checkpoints;

using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sources;

public sealed class VerificationTests
{
    [Fact]
    public void Input_IsCoveredWithoutAGap_AndEachDigestIsLookedAtOnce()
    {
        // Kept are 4, 9 and 10; with 8 the digest of 40 to 80 is gone. At 10 nothing had come since 9.
        IReadOnlyList<ReadStretch> found = Verification.Input(
        [
            At(9, new InputDigest(80, 90, 1, 3), last: 85), At(4, new InputDigest(30, 40, 2, 1), last: 38),
            At(10, new InputDigest(90, 90, 0, 0), last: 85),
        ]);
        Assert.Equal(
            [(30L, 40L, true, 4L), (38, 40, true, 4), (40, 80, false, 9), (80, 90, true, 9)],
            found.Select(each => (each.Digest.From, each.Digest.Next, each.IsRecorded, each.Checkpoints.Single())));
    }

    [Fact]
    public void Files_AreNamedOnce_WithAllThatNeedThem()
    {
        var one = new SegmentRef("j/a", 10, 5, 1);
        var two = new SegmentRef("j/a", 0, 10, 2);
        IReadOnlyList<StoredParts> found =
            Verification.Files([Holding(5, one, two), Holding(4, one), Holding(6, new SegmentRef("j/b", 0, 1, 3))]);
        Assert.Equal(["j/a", "j/b"], found.Select(file => file.File));
        Assert.Equal([two, one], found[0].Parts);
        Assert.Equal([4L, 5L], found[0].Checkpoints);
    }

    private static Manifest At(long number, InputDigest input, long last) => Of(number, new ParticipantReport
    {
        Participant = "source in/2",
        Epoch = 1,
        Number = number,
        Cut = new SourceCut(
            input.Next, new byte[] { 1 }, input, new InputDigest(last, input.Next, 1, (ulong)last)),
    });

    private static Manifest Holding(long number, params SegmentRef[] chain) => Of(number, new ParticipantReport
    {
        Participant = Participants.OfGroup("sum", 0),
        Epoch = 1,
        Number = number,
        Chain = chain,
    });

    private static Manifest Of(long number, ParticipantReport report) => new()
    {
        Job = "j",
        Epoch = 1,
        Number = number,
        Lineage = 1,
        Fingerprint = "",
        TakenAt = new EventTime(number),
        Partitions = new Dictionary<string, int>(),
        Operators = [],
        Reports = [report],
    };
}
