namespace Weir.Engine.Tests.Snapshots;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Calls of an operator, and state of partitions, in a form that no program writes: refused, where it could not go on.
/// </summary>
public sealed class DamagedCallsTests
{
    private static readonly Topic<Reading> Out = Topic.Of<Reading>("out");

    private static readonly JobPlan Asking = Plan(job => From(job)
        .EnrichAsync("ask", (each, _) => Task.FromResult(each.Value)));

    private static readonly JobPlan Counting = Plan(job => From(job).ProcessPartition("count", new Counts()).To(Out));

    [Fact]
    public void CallsAndStepsBehindThem_AreAccepted()
    {
        GroupProgram program = Asking.CreateGroup(0, 0);
        program.Restore(Calls([true, false], behind: 0));
        Assert.Equal((true, false), (program.Calls!.TryBegin(out _), program.Calls.TryBegin(out _)));
    }

    [Fact]
    public void AStepThatWaitsForNothing_IsRefused() => Refused(
        () => Asking.CreateGroup(0, 0).Restore(Calls([false, true], behind: 0)), "waits for no call");

    [Fact]
    public void WhatFollowsTheCalls_IsRefused() => Refused(
        () => Asking.CreateGroup(0, 0).Restore(Calls([true], behind: 1)), "was not understood");

    [Fact]
    public void StateOfAPartition_IsReadOnce()
    {
        (byte[] before, byte[] state) = SourceState();
        Read([.. before, 1, .. state]);
        Refused(() => Read([.. before, 2, .. state, .. state]), "twice");
    }

    [Fact]
    public void StateOfAPartition_IsReadToItsEnd()
    {
        (byte[] before, byte[] state) = SourceState();
        var reader = new ByteReader(state);
        string name = reader.ReadString()!;
        var writer = new ByteWriter();
        writer.WriteString(name);
        writer.WriteBlob([.. reader.ReadBlob().Span, 0]);
        Refused(() => Read([.. before, 1, .. writer.ToArray()]), "were not understood");
    }

    private static void Read(byte[] state) => Counting.CreateSource(0, 0).Read(new ByteReader(state));

    private static void Refused(Action read, string because) => Assert.Contains(
        because, Assert.Throws<CorruptDataException>(read).Message, StringComparison.Ordinal);

    private static ReadOnlyMemory<byte> Calls(bool[] isCall, int behind)
    {
        var calls = new ByteWriter();
        calls.WriteVarint((ulong)isCall.Length);
        foreach (bool each in isCall)
        {
            calls.WriteBool(each);
            calls.WriteSigned(5);
            if (each)
            {
                // The first channel and offset.
                calls.WriteSigned(0);
                calls.WriteSigned(0);
                Asking.Codecs.For<Reading>().Write(calls, new Reading("a", 5));
                continue;
            }

            calls.WriteSigned(5);
            calls.WriteBool(false);
        }

        calls.WriteBytes(new byte[behind]);
        var own = SegmentHeader.Read(new SegmentReader(Asking.CreateGroup(0, 0).Snapshot()));
        var segment = new SegmentWriter();
        (own with { Shared = calls.WrittenMemory }).Write(segment.Writer);
        segment.EndHeader();
        return segment.Finish();
    }

    // What comes before the number of functions with state, and the one there is.
    private static (byte[] Before, byte[] State) SourceState()
    {
        var writer = new ByteWriter();
        Counting.CreateSource(0, 0).Write(writer);
        byte[] bytes = writer.ToArray();
        var reader = new ByteReader(bytes);
        for (int i = 0; i < 3; i++)
            reader.ReadSigned();
        reader.ReadBool();
        reader.ReadBlob();
        reader.ReadBlob();
        int before = bytes.Length - reader.Remaining;
        Assert.Equal(1UL, reader.ReadVarint());
        return (bytes[..before], bytes[(before + 1)..]);
    }

    private static JobPlan Plan(Action<JobBuilder> define)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(define), codecs);
        return new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1, [Out.Name] = 1 });
    }

    private sealed class Counts : PartitionProcess<Reading, Reading>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("count");

        public override void OnEvent(Reading value, IPartitionContext<Reading> partition) =>
            partition.State(Count).Value++;
    }
}
