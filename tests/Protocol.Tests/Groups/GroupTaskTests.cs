namespace Weir.Protocol.Tests.Groups;

using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Protocol.Exchange;
using Weir.Protocol.Groups;

public sealed class GroupTaskTests
{
    private readonly JobPlan _plan = SampleJob.Plan();
    private readonly SourceProgram[] _sources;
    private readonly Collected[] _sent = [new(epoch: 2), new(epoch: 2)];
    private readonly GroupTask _task;
    private readonly List<string> _taken = [];

    public GroupTaskTests()
    {
        _sources = [_plan.CreateSource(0, 0), _plan.CreateSource(0, 1)];
        _task = new GroupTask(_plan.CreateGroup(0, 1), new GroupTaskOptions(2, _plan.BarrierCount(0, 1)));

        // The watermark rises here and then no more, so that every further slice has an event.
        foreach (int source in (int[])[0, 1])
        {
            _sources[source].Process(SampleJob.Batch(0, new Reading("any", 1)));
            _sources[source].Flush(_sent[source]);
            Offer([.. _sent[source].TakeFor(1)]);
        }

        while (_task.TryNext(out Slice? slice))
            _task.Program.Apply(slice);
    }

    [Fact]
    public void WhatStandsBehindABarrierWaits_UntilTheCheckpointIsTaken()
    {
        Offer(Send(0, "a"), Barrier(0, 1), Send(0, "b"), Send(1, "c"));
        Assert.Equal(["0:a", "0:barrier 1", "1:c"], Applied());
        Assert.True(_task.HeldWeight > 0);
        Assert.Equal(1, _task.MissingChannels);
        Offer(Barrier(1, 1), Send(1, "d"));
        Assert.Equal(["1:barrier 1"], Applied());
        Assert.Equal(1, _task.Due);
        _task.Taken(1);
        Assert.Equal(["0:b", "1:d"], Applied());
        Assert.Equal(0, _task.HeldWeight);
    }

    [Fact]
    public void AnAbortLetsWhatWaitedPass_InItsOrder()
    {
        Offer(Barrier(0, 1), Send(0, "a"), Send(0, "b"));
        Assert.Equal(["0:barrier 1"], Applied());
        _task.Abort(1);
        Offer(Send(0, "c"), Barrier(1, 1));
        Assert.Equal(["0:a", "0:b", "0:c", "1:barrier 1"], Applied());
        Assert.Null(_task.Due);
    }

    [Fact]
    public void AHigherBarrierLetsWhatWaitedPass_UpToThatBarrier()
    {
        Offer(Barrier(0, 1), Send(0, "a"), Barrier(0, 2), Send(0, "b"));
        Assert.Equal(["0:barrier 1"], Applied());
        Offer(Barrier(1, 2), Send(1, "c"));
        Assert.Equal(["1:barrier 2", "0:a", "0:barrier 2"], Applied());
        Assert.Equal(2, _task.Due);
        _task.Taken(2);
        Assert.Equal(["0:b", "1:c"], Applied());
    }

    [Fact]
    public void ARepeatedSliceIsDropped_AndAMissingOneIsAFault()
    {
        Slice first = Send(0, "a");
        Slice second = Send(0, "b");
        Slice third = Send(0, "c");
        Assert.Equal(SliceAdmission.Next, _task.Offer(first));
        Assert.Equal(SliceAdmission.Repeats, _task.Offer(Again(first)));
        var gap = Assert.Throws<SliceGapException>(() => _task.Offer(third));
        Assert.Contains("Slice 4", gap.Message, StringComparison.Ordinal);
        Assert.Equal(SliceAdmission.Next, _task.Offer(second));
        Assert.Equal(["0:a", "0:b"], Applied());
    }

    [Fact]
    public void ASliceOfAnOlderEpochIsDropped()
    {
        Slice old = Send(0, "a");
        old.Epoch = 1;
        Assert.Equal(SliceAdmission.Fenced, _task.Offer(old));
        Assert.False(_task.HasWork);
    }

    private void Offer(params Slice[] slices)
    {
        foreach (Slice slice in slices)
            _task.Offer(slice);
    }

    private string[] Applied()
    {
        _taken.Clear();
        while (_task.TryNext(out Slice? slice))
        {
            _task.Program.Apply(slice);
            string what = slice.Barrier > 0 ? $"barrier {slice.Barrier}" : $"{_names[slice]}";
            _taken.Add($"{slice.Target.Channel}:{what}");
            slice.Release();
        }

        return [.. _taken];
    }

    private readonly Dictionary<Slice, string> _names = [];

    private Slice Send(int source, string name)
    {
        // Keys are searched for until one falls into the group.
        for (int i = 0; ; i++)
        {
            _sources[source].Process(SampleJob.Batch(_sources[source].Next, new Reading($"{name}-{i}", 1)));
            _sources[source].Flush(_sent[source]);
            if (_sent[source].Slices.Find(slice => slice.Target.Group == 1 && slice.Count > 0) is not { } slice)
            {
                Assert.DoesNotContain(_sent[source].Slices, each => each.Target.Group == 1);
                _sent[source].Slices.Clear();
                continue;
            }

            _sent[source].Slices.Clear();
            _names[slice] = name;
            return slice;
        }
    }

    private Slice Barrier(int source, long number)
    {
        _sources[source].EmitBarrier(number);
        _sources[source].Flush(_sent[source]);
        return Assert.Single(_sent[source].TakeFor(1));
    }

    private Slice Again(Slice slice)
    {
        var bytes = new Weir.Engine.Codecs.ByteWriter();
        slice.Encode(bytes);
        Slice again = _plan.DecodeSlice(slice.Target, bytes.ToArray());
        again.Epoch = slice.Epoch;
        again.Sequence = slice.Sequence;
        return again;
    }
}
