namespace Weir.Grains.Exchange;

using Orleans.Runtime;
using Weir.Contracts;
using Weir.Engine.Codecs;
using Weir.Protocol.Exchange;

/// <summary>Where a lane leads: an operator of a job on a silo.</summary>
internal readonly record struct LaneTarget(SiloAddress Silo, string Job, int Operator);

/// <summary>
/// Brings slices to the groups of one operator on one other silo, a frame at a time. What comes while a frame is under
/// way goes into the next one, so frames are as large as the other silo is slow, and an idle lane sends at once.
/// </summary>
internal sealed class FrameLane(LaneTarget target, FrameExchange exchange) : IThreadPoolWorkItem
{
    private const int MaxBytes = 512 << 10;
    private readonly Lock _gate = new();
    private readonly Queue<RemoteChannel> _ready = new();
    private readonly List<(RemoteChannel Channel, int Count)> _sent = [];
    private bool _isSending;

    public LaneTarget Target => target;

    /// <summary>Takes over a channel that has something.</summary>
    public void Add(RemoteChannel channel)
    {
        lock (_gate)
        {
            _ready.Enqueue(channel);
            if (_isSending)
                return;
            _isSending = true;
        }

        // Not a task: the sender's context must not stay with the lane.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => SendAllAsync().Ignore();

    private async Task SendAllAsync()
    {
        while (Fill() is { } frame)
        {
            RunAnswer[] answers;
            try
            {
                ReadOnlyMemory<byte> answer = await exchange.SendAsync(this, frame).ConfigureAwait(false);
                answers = RunAnswer.Decode(answer, [.. _sent.Select(run => run.Count)]);
            }
            catch (WeirException refused) when (refused.Error == WeirError.Corrupt)
            {
                foreach ((RemoteChannel channel, _) in _sent)
                {
                    channel.Sender.Fail(refused);
                    channel.Drop();
                }

                continue;
            }
            catch (Exception)
            {
                // Nobody knows what was taken. It is sent again, to wherever the groups are then; what comes twice is
                // told by its numbers.
                foreach ((RemoteChannel channel, _) in _sent)
                    exchange.Find(channel);
                continue;
            }

            for (int i = 0; i < answers.Length; i++)
                Settle(_sent[i].Channel, answers[i]);
        }
    }

    private void Settle(RemoteChannel channel, RunAnswer answer)
    {
        if (answer.Outcome == RunOutcome.Over)
        {
            channel.Drop();
            return;
        }

        channel.Owner = answer.Outcome == RunOutcome.NotHere ? null : target.Silo;
        if (!channel.Taken(answer.Taken))
            return;
        switch (answer.Outcome)
        {
            case RunOutcome.Full:
                exchange.AddWhenRoomAsync(this, channel).Ignore();
                break;
            case RunOutcome.NotHere:
                exchange.Find(channel);
                break;
            default:
                Add(channel);
                break;
        }
    }

    private ByteWriter? Fill()
    {
        _sent.Clear();
        ByteWriter? frame = null;
        while (true)
        {
            RemoteChannel channel;
            lock (_gate)
            {
                bool isFull = frame?.Length >= MaxBytes;
                if (isFull || !_ready.TryDequeue(out RemoteChannel? next))
                {
                    _isSending = frame is not null;
                    return frame;
                }

                channel = next;
            }

            if (channel.Sender.IsClosed)
            {
                channel.Drop();
                continue;
            }

            if (frame is null)
                SliceFrame.Begin(frame = new ByteWriter(4096), target.Job, target.Operator);
            _sent.Add((channel, channel.Write(frame, MaxBytes - frame.Length)));
        }
    }
}
