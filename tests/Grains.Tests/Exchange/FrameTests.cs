namespace Weir.Grains.Tests.Exchange;

using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Exchange;
using Weir.Grains.Tests.Jobs;
using Weir.Grains.Tests.Placement;
using Weir.Protocol.Exchange;

/// <summary>What becomes of the slices of a frame, one group at a time.</summary>
public sealed class FrameTests : IDisposable
{
    private const long Epoch = 5;
    private const int Bound = 64;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly JobPlan _plan;
    private readonly SiloExchange _exchange = new();
    private readonly FrameReceiver _receiver;
    private readonly RemoteSender _sender = new(1000);
    private readonly Dictionary<int, long> _numbers = [];

    public FrameTests()
    {
        var codecs = new CodecRegistry();
        JobGraph graph = JobGraph.Build(new CountedMoves(), codecs);
        _plan = new JobPlan(graph, codecs, new Dictionary<string, int> { ["moved-clicks"] = 1, ["numbers"] = 1 });
        _receiver = new FrameReceiver(
            _exchange, new ExchangeMetrics(_services.GetRequiredService<IMeterFactory>()));
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public void AGroupWithoutRoom_TakesNoRoomFromTheOthersOfTheFrame_AndItsSlicesStay()
    {
        GroupInbox full = Register(GroupOf("full"), Epoch);
        GroupInbox other = Register(GroupOf("other"), Epoch);
        RemoteChannel first = Send("full", 50);
        Send("full", 40);
        RemoteChannel second = Send("other", 10);

        RunAnswer[] answers = Exchange(first, second);
        Assert.Equal([new RunAnswer(1, RunOutcome.Full), new RunAnswer(1, RunOutcome.Taken)], answers);
        Assert.Equal([1], Numbers(full));
        Assert.Equal([1], Numbers(other));

        // There is room again: what was refused is sent again, under its own number.
        Assert.Equal([new RunAnswer(1, RunOutcome.Taken)], Exchange(first));
        Assert.Equal([2], Numbers(full));
        Assert.False(first.HasAny || second.HasAny);
        Assert.True(_sender.IsEmpty);
    }

    [Fact]
    public void AFrameWhoseAnswerWasLost_IsSentAgainUnderTheSameNumbers()
    {
        GroupInbox inbox = Register(GroupOf("a"), Epoch);
        RemoteChannel channel = Send("a", 3);
        ByteWriter frame = FrameOf(channel);
        _receiver.Take(frame.WrittenMemory);
        Send("a", 2);
        Assert.Equal([new RunAnswer(2, RunOutcome.Taken)], Exchange(channel));
        Assert.Equal([1, 1, 2], Numbers(inbox));
    }

    [Theory]
    [InlineData(Epoch - 1, RunOutcome.NotHere)]
    [InlineData(Epoch + 1, RunOutcome.Over)]
    [InlineData(0, RunOutcome.NotHere)]
    public void SlicesOfAnotherEpoch_AreNotTaken(long epoch, RunOutcome outcome)
    {
        if (epoch > 0)
            Register(GroupOf("a"), epoch);
        RemoteChannel channel = Send("a", 3);
        Assert.Equal([new RunAnswer(0, outcome)], Exchange(channel));
        Assert.True(channel.HasAny);
    }

    [Fact]
    public async Task ASenderWaitsWhenTooMuchIsOnItsWay_AndGoesOnWhenItWasTaken()
    {
        var sender = new RemoteSender(100);
        sender.Take(60, 1);
        Assert.True(sender.WhenRoomAsync().AsTask().IsCompletedSuccessfully);
        sender.Take(60, 1);
        Task room = sender.WhenRoomAsync().AsTask();
        Assert.False(room.IsCompleted);
        sender.Release(60, 1);
        await room;

        sender.Take(60, 1);
        room = sender.WhenRoomAsync().AsTask();
        sender.Close();
        await room;
        sender.Fail(new InvalidOperationException("damaged"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await sender.WhenRoomAsync());
    }

    private static EventBatch BatchOf(string user, int count, long from)
    {
        var payload = new ByteWriter();
        for (int i = 0; i < count; i++)
        {
            int start = payload.BeginFrame();
            new CodecRegistry().For<Click>().Write(payload, new Click("page", user, new EventTime(0)));
            payload.EndFrame(start);
        }

        return new EventBatch
        {
            From = from,
            Next = from + count,
            Count = count,
            Schema = CountedMoves.Clicks.Schema,
            Payload = payload.ToArray(),
        };
    }

    private int GroupOf(string user) => SliceOf(user, 1).Target.Group;

    /// <summary>A slice of clicks of one user; steps of time for other groups are left out.</summary>
    private Slice SliceOf(string user, int count)
    {
        var output = new Collected();
        SourceProgram source = _plan.CreateSource(0, 0);
        EventBatch batch = BatchOf(user, count, 0);
        source.Process(in batch);
        source.Flush(output);
        return output.Slices.Single(slice => slice.Count > 0);
    }

    private RemoteChannel Send(string user, int count)
    {
        Slice slice = SliceOf(user, count);
        slice.Epoch = Epoch;
        slice.Sequence = _numbers[slice.Target.Group] = _numbers.GetValueOrDefault(slice.Target.Group) + 1;
        RemoteChannel channel = _sender.ChannelOf(AddressOf(slice.Target.Group), slice);
        channel.Add(slice);
        return channel;
    }

    private GroupInbox Register(int group, long epoch)
    {
        var inbox = new GroupInbox(epoch, Bound, () => { });
        _exchange.Register(AddressOf(group), new LocalGroup(inbox, _plan));
        return inbox;
    }

    private static ByteWriter FrameOf(params RemoteChannel[] channels)
    {
        var frame = new ByteWriter();
        SliceFrame.Begin(frame, "counted-moves", 0);
        foreach (RemoteChannel channel in channels)
            channel.Write(frame, 1 << 20);
        return frame;
    }

    private RunAnswer[] Exchange(params RemoteChannel[] channels)
    {
        ByteWriter frame = FrameOf(channels);
        int[] sent = [.. SliceFrame.Decode(frame.WrittenMemory).Runs.Select(run => run.Slices.Count)];
        RunAnswer[] answers = RunAnswer.Decode(_receiver.Take(frame.WrittenMemory), sent);
        foreach ((RemoteChannel channel, RunAnswer answer) in channels.Zip(answers))
            channel.Taken(answer.Taken);
        return answers;
    }

    private static long[] Numbers(GroupInbox inbox) => [.. inbox.TakeAll().Select(slice => slice.Sequence)];

    private static GroupAddress AddressOf(int group) => new("counted-moves", 0, group);

    private sealed class Collected : IStageOutput
    {
        public List<Slice> Slices { get; } = [];

        public void Post(Slice slice) => Slices.Add(slice);

        public void Append(in OutputBatch batch) => throw new InvalidOperationException("The source writes nothing.");
    }
}
