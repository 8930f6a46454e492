namespace Weir.Grains.Exchange;

using Weir.Contracts;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Protocol.Exchange;

/// <summary>
/// Takes the frames of other silos and posts their slices to the inboxes of the groups here. A group that has no room
/// takes no room from the others of the frame. Any thread.
/// </summary>
internal sealed class FrameReceiver(SiloExchange exchange, ExchangeMetrics metrics)
{
    // Below the time after which a call is given up.
    private static readonly TimeSpan RoomWait = TimeSpan.FromSeconds(2);

    /// <summary>Takes what there is room for and says of each channel how much that was.</summary>
    /// <exception cref="WeirException">The bytes are no frame for the job of this silo.</exception>
    public ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            SliceFrame frame = SliceFrame.Decode(bytes);
            long slices = 0;
            long events = 0;
            var answers = new RunAnswer[frame.Runs.Count];
            for (int i = 0; i < answers.Length; i++)
            {
                answers[i] = Take(frame.Job, frame.Runs[i], ref events);
                slices += answers[i].Taken;
            }

            metrics.Taken(frame.Job, slices, events);
            return RunAnswer.Encode(answers);
        }
        catch (CorruptDataException damage)
        {
            throw new WeirException(WeirError.Corrupt, $"Slices of another silo can not be read: {damage.Message}");
        }
    }

    /// <summary>Completes when a group may have room for a slice, or after a while.</summary>
    public async Task WhenRoomAsync(GroupAddress address, long epoch, int channel, int weight)
    {
        if (exchange.Find(address) is not { } group || group.Inbox.Epoch != epoch)
            return;
        await group.Inbox.WhenRoom(channel, weight)
            .WaitAsync(RoomWait)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private RunAnswer Take(string job, SliceRun run, ref long events)
    {
        var address = new GroupAddress(job, run.Target.Operator, run.Target.Group);
        if (exchange.Find(address) is not { } group || group.Inbox.Epoch < run.Epoch)
            return new RunAnswer(0, RunOutcome.NotHere);
        if (group.Inbox.Epoch > run.Epoch)
            return new RunAnswer(0, RunOutcome.Over);
        for (int i = 0; i < run.Slices.Count; i++)
        {
            // Whether all of it fits is known when it is read; that nothing does is known before.
            if (!group.Inbox.MayTake(run.Target.Channel))
                return new RunAnswer(i, RunOutcome.Full);
            Slice slice = group.Plan.DecodeSlice(run.Target, run.Slices[i]);
            slice.Epoch = run.Epoch;
            slice.Sequence = run.First + i;
            int count = slice.Events;
            if (!group.Inbox.TryPost(slice))
            {
                slice.Release();
                return new RunAnswer(i, RunOutcome.Full);
            }

            events += count;
        }

        return new RunAnswer(run.Slices.Count, RunOutcome.Taken);
    }
}
