namespace Weir.Grains.Sinks;

using System.Runtime.ExceptionServices;
using Weir.Protocol.Logs;
using Weir.Protocol.Sinks;

/// <summary>
/// Output that is published as it comes, before any checkpoint. Per lane one append is under way and what comes
/// meanwhile waits for the next, so the order is kept and small outputs share a transaction. Invariant: the same input
/// gives the same output under the same sequences, so what a restored stage emits again is already there.
/// </summary>
internal sealed class ImmediateOutput(OutputLanes lanes, StagedOutput output)
{
    private const int PendingBytesBound = 256 * 1024;
    private readonly Dictionary<OutputLane, Lane> _lanes = [];
    private ExceptionDispatchInfo? _failure;

    public void Add(in StagedBatch batch)
    {
        if (!_lanes.TryGetValue(batch.Lane, out Lane? lane))
            _lanes.Add(batch.Lane, lane = new Lane());
        lane.Waiting.Add(batch);
        lane.WaitingBytes += batch.Payload.Length;
        if (lane.Sending.IsCompleted)
            lane.Sending = SendAsync(lane);
    }

    /// <summary>Completes when little enough waits.</summary>
    /// <exception cref="EventLogException">A topic refused.</exception>
    public async ValueTask WhenRoomAsync()
    {
        foreach (Lane lane in _lanes.Values)
        {
            if (lane.WaitingBytes > PendingBytesBound)
                await lane.Sending;
        }

        _failure?.Throw();
    }

    /// <summary>Completes when nothing waits.</summary>
    /// <exception cref="EventLogException">A topic refused.</exception>
    public async Task WhenStoredAsync()
    {
        foreach (Lane lane in _lanes.Values)
            await lane.Sending;
        _failure?.Throw();
    }

    private async Task SendAsync(Lane lane)
    {
        try
        {
            while (lane.Waiting.Count > 0)
            {
                List<StagedBatch> batches = lane.Waiting;
                lane.Waiting = [];
                lane.WaitingBytes = 0;
                await lanes.AppendAsync(batches);
                foreach (StagedBatch batch in batches)
                    output.Appended(in batch);
            }
        }
        catch (EventLogException refused)
        {
            _failure = ExceptionDispatchInfo.Capture(refused);
        }
    }

    private sealed class Lane
    {
        public List<StagedBatch> Waiting { get; set; } = [];

        public int WaitingBytes { get; set; }

        public Task Sending { get; set; } = Task.CompletedTask;
    }
}
