namespace Weir.Protocol.Tests.Sinks;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sinks;
using Weir.Protocol.Sources;

public sealed class StagedOutputTests
{
    private readonly StagedOutput _output = new(_ => 4, instance: 6);

    [Fact]
    public void SequencesCountTheEventsOfEachLane()
    {
        Assert.Equal(new StagedBatch(new OutputLane("a", 1), 0, 3, default), Add("a", 3, partition: 1));
        Assert.Equal(new StagedBatch(new OutputLane("a", 2), 0, 5, default), Add("a", 5));
        Assert.Equal(new StagedBatch(new OutputLane("a", 1), 3, 2, default), Add("a", 2, partition: 1));
    }

    [Fact]
    public void WhatWasPreparedForAnAbortedCheckpointBelongsToTheNext()
    {
        Add("a", 5);
        Store(1);
        Add("a", 5);
        Store(2);
        Assert.Equal(["1", "2"], Refs(2));
        Assert.Equal([0, 5], _output.Visible(2).Select(each => each.Sequence));
    }

    [Fact]
    public void UntilItIsConfirmed_EveryReportRefersToIt()
    {
        Add("a", 5);
        Store(1);
        Assert.Equal([0], _output.Visible(1).Select(each => each.Sequence));
        Assert.Equal(["1"], Refs(1));
        Add("a", 1);
        Store(2);
        Assert.Equal(["1", "2"], Refs(2));
        _output.Confirm(1);
        Assert.Equal(["2"], Refs(3));
        Assert.Equal([5], _output.Visible(2).Select(each => each.Sequence));
        _output.Confirm(2);
        Assert.False(_output.HasAny);
        Assert.Equal(0, _output.Bytes);
    }

    [Fact]
    public void WhatWasNotStoredIsPreparedAgain_InItsPlace()
    {
        Add("a", 1);
        _output.Prepare(1);
        Add("a", 2);
        _output.Prepare(2);
        Add("a", 3);
        _output.Lost(1);
        Assert.Equal([0, 1, 3], StagedOutput.Decode(Assert.Single(_output.Prepare(3))).Select(each => each.Sequence));
        Assert.Null(_output.At(3));
    }

    [Fact]
    public void ARestoredOneGoesOnAtItsPositions_WithWhatIsNotConfirmed()
    {
        Add("a", 5);
        ReadOnlyMemory<byte> bytes = Assert.Single(_output.Prepare(1));
        _output.Stored(1, Ref(1));
        var restored = new StagedOutput(_ => 4, 6, _output.Positions());
        restored.Restore(1, Ref(1), bytes);
        Assert.Equal(_output.Visible(1).Select(each => each.Sequence), restored.Visible(1).Select(each => each.Sequence));
        Assert.Equal(5, restored.Add(new OutputBatch("a", null, 1, default)).Sequence);
    }

    [Fact]
    public void LargePayloadsAreStoredFromWhereTheyLie_AndAreReadAsTheyWere()
    {
        byte[][] payloads = [.. new[] { 3, 20_000, 8191, 8192, 0, 70_000, 5 }.Select((length, fill) =>
        {
            byte[] payload = new byte[length];
            Array.Fill(payload, (byte)(fill + 1));
            return payload;
        })];
        foreach (byte[] payload in payloads)
            _output.Add(new OutputBatch("a", 1, 1, payload));
        IReadOnlyList<ReadOnlyMemory<byte>> pieces = _output.Prepare(1);
        byte[] joined = [.. pieces.SelectMany(piece => piece.ToArray())];
        Assert.Equal(payloads, StagedOutput.Decode(joined).Select(batch => batch.Payload.ToArray()));
        Assert.Equal(3, pieces.Count(piece => payloads.Any(payload => piece.Equals(payload.AsMemory()))));
    }

    [Fact]
    public void WhatIsImmediateHasASequenceAndIsNotKept()
    {
        StagedBatch batch = _output.Add(new OutputBatch("a", 0, 2, default) { IsImmediate = true });
        Assert.Equal(0, batch.Sequence);
        Assert.Empty(_output.Prepare(1));
        Assert.Equal(2, Add("a", 1, partition: 0).Sequence);
    }

    [Fact]
    public void ACheckpointCanNotBeReported_BeforeImmediateOutputIsStored()
    {
        var participant = new CheckpointParticipant("source a/0", 1, _output, null);
        StagedBatch batch = _output.Add(new OutputBatch("a", 0, 2, default) { IsImmediate = true });
        participant.Prepare(1, new SourceCut(0, default, default, default), hasEnded: false);
        _output.Add(new OutputBatch("a", 0, 2, default) { IsImmediate = true });
        participant.Stored(1, null, null);
        Assert.Null(participant.TryReport());
        _output.Appended(in batch);
        Assert.NotNull(participant.TryReport());
    }

    [Fact]
    public void PayloadsGoBackWhenTheyAreConfirmed_AndNotBefore()
    {
        ReadOnlyMemory<byte>[] payloads = [.. Enumerable.Range(0, 4).Select(each => Written([(byte)each, 1, 2]))];
        _output.Add(new OutputBatch("a", 0, 1, payloads[0]));
        Store(1);
        _output.Add(new OutputBatch("a", 0, 1, payloads[1]));
        _output.Prepare(2);
        _output.Lost(2);
        _output.Add(new OutputBatch("a", 0, 1, payloads[2]));
        StagedBatch immediate = _output.Add(new OutputBatch("a", 0, 1, payloads[3]) { IsImmediate = true });
        Store(3);
        _output.Confirm(1);
        AssertGone(payloads[0]);
        Assert.Equal([[1, 1, 2], [2, 1, 2]], _output.Visible(3).Select(batch => batch.Payload.ToArray()));
        Assert.Equal([3, 1, 2], payloads[3].ToArray());
        _output.Appended(in immediate);
        AssertGone(payloads[3]);
        _output.Confirm(3);
        AssertGone(payloads[1]);
        AssertGone(payloads[2]);
    }

    [Fact]
    public void DamagedBytesAreRefused()
    {
        Add("a", 5);
        byte[] bytes = Assert.Single(_output.Prepare(1)).ToArray();
        Assert.Throws<CorruptDataException>(() => StagedOutput.Decode(bytes.AsMemory(0, bytes.Length - 1)));
        Assert.Throws<CorruptDataException>(() => new OutputPositions(new byte[] { 200, 1 }));
    }

    private static void AssertGone(ReadOnlyMemory<byte> payload) =>
        Assert.Throws<ObjectDisposedException>(() => payload.ToArray());

    private static ReadOnlyMemory<byte> Written(byte[] bytes)
    {
        ByteWriter writer = OutputBuffers.NewWriter();
        writer.WriteBytes(new byte[40]);
        writer.Clear();
        writer.WriteBytes(bytes);
        return writer.Detach();
    }

    private static SegmentRef Ref(long number) => new($"{number}", 0, 10, 0);

    private StagedBatch Add(string target, int count, int? partition = null) =>
        _output.Add(new OutputBatch(target, partition, count, default));

    private void Store(long number)
    {
        Assert.NotEmpty(_output.Prepare(number));
        _output.Stored(number, Ref(number));
    }

    private string[] Refs(long number) => [.. _output.At(number)!.Select(each => each.File)];
}
