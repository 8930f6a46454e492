namespace Weir.Protocol.Tests.Sources;

using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Sources;

public sealed class SourceTaskTests
{
    private static readonly EventBatch[] Input =
    [
        .. Enumerable.Range(0, 6).Select(i => SampleJob.Batch(i * 2, new Reading($"k{i}", i), new Reading("x", i))),
    ];

    private readonly SourceTask _task = NewTask();

    [Fact]
    public void ADigestCoversTheInputSinceTheLastCompleteCheckpoint()
    {
        Read(0, 1);
        Assert.Equal((0, 4), Range(_task.Cut(1)!.Input));
        _task.Complete(1);
        Read(2, 3);
        Assert.Equal((4, 8), Range(_task.Cut(2)!.Input));
    }

    [Fact]
    public void WhatWasGivenUpBelongsToTheNext()
    {
        Read(0, 0);
        _task.Cut(1);
        _task.Complete(1);
        Read(1, 1);
        _task.Cut(2);
        _task.Abort(2);
        Read(2, 2);
        InputDigest third = _task.Cut(3)!.Input;
        Assert.Equal((2, 6), Range(third));
        Assert.Equal(Digest(1, 2), third);
    }

    [Fact]
    public void ACheckpointThatNobodySpokeOf_ChangesNothing()
    {
        Read(0, 0);
        _task.Cut(1);
        Read(1, 1);
        Assert.Equal(Digest(0, 1), _task.Cut(2)!.Input);
        Read(2, 2);
        _task.Complete(1);
        Assert.Equal(Digest(1, 2), _task.Cut(3)!.Input);
    }

    [Fact]
    public void ABarrierThatWasAskedForBefore_OrGivenUp_IsNotCut()
    {
        Assert.NotNull(_task.Cut(4));
        Assert.Null(_task.Cut(4));
        _task.Abort(6);
        Assert.Null(_task.Cut(5));
        Assert.Null(_task.Cut(6));
        Assert.NotNull(_task.Cut(7));
    }

    [Fact]
    public void ARestoredSourceGoesOnAlike_AndComparesWhatItReads()
    {
        Read(0, 2);
        SourceCut cut = _task.Cut(1)!;
        _task.Complete(1);
        Read(3, 4);
        InputDigest later = _task.Cut(2)!.Input;
        var restored = new SourceTask(SampleJob.Plan().CreateSource(0, 0), cut);
        restored.VerifyLast(in Input[2]);
        restored.Expect([later]);
        restored.Read(in Input[3]);
        restored.Read(in Input[4]);
        Assert.Equal(later, restored.Cut(2)!.Input);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AChangedInputIsFound(int kind)
    {
        Read(0, 2);
        SourceCut cut = _task.Cut(1)!;
        _task.Complete(1);
        Read(3, 4);
        InputDigest later = _task.Cut(2)!.Input;
        var restored = new SourceTask(SampleJob.Plan().CreateSource(0, 0), cut);
        restored.Expect([later]);
        EventBatch changed = kind == 1 ? Input[4] with { Stamp = new EventTime(99) } : SampleJob.Batch(8, new Reading("x", 4));
        restored.Read(in Input[3]);
        Assert.Throws<InputChangedException>(() =>
        {
            restored.Read(in changed);
            restored.Read(SampleJob.Batch(changed.Next, new Reading("y", 1)));
        });
        Assert.Throws<InputChangedException>(() => restored.VerifyLast(Input[2] with { Payload = Input[1].Payload }));
    }

    [Fact]
    public void TheDigestDoesNotDependOnHowBatchesAreFetched_ButOnTheirBoundaries()
    {
        EventBatch joined = SampleJob.Batch(
            0, new Reading("k0", 0), new Reading("x", 0), new Reading("k1", 1), new Reading("x", 1));
        Assert.NotEqual(Digest(0, 1), BatchHash.Alone(in joined));
        Assert.Equal(16641243224754796673UL, BatchHash.Of(in Input[1]));
    }

    private static SourceTask NewTask() => new(SampleJob.Plan().CreateSource(0, 0), from: 0);

    private static InputDigest Digest(int first, int last)
    {
        var digest = InputDigest.At(Input[first].From);
        for (int i = first; i <= last; i++)
            digest = BatchHash.Append(digest, in Input[i]);
        return digest;
    }

    private static (long From, long Next) Range(InputDigest digest) => (digest.From, digest.Next);

    private void Read(int first, int last)
    {
        for (int i = first; i <= last; i++)
            _task.Read(in Input[i]);
    }
}
