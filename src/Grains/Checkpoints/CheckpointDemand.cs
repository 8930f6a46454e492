namespace Weir.Grains.Checkpoints;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Jobs;
using Weir.Protocol.Sinks;

/// <summary>
/// Tells the job that a participant has something which no checkpoint holds, and asks for a checkpoint at once while as
/// much output is staged as may be. Invariant: while the gate is full someone asks, so that whatever is lost on the way,
/// an answer, a request or word of a checkpoint that was given up, is made good by the next question.
/// </summary>
/// <remarks>All of it runs in the turns of one grain.</remarks>
internal sealed class CheckpointDemand(IJobGrain owner, (long Epoch, string Participant) who, StagingGate gate)
    : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private long _told = -1;
    private bool _isAsking;
    private bool _isClosed;

    public StagingGate Gate => gate;

    /// <summary>Something has come behind the participant's part of a checkpoint; told once for each.</summary>
    public void TellChange(long behind)
    {
        if (_told >= behind)
            return;
        _told = behind;
        JobReports.Send(() => owner.ReportChangeAsync(who.Epoch, who.Participant, behind, atOnce: false));
    }

    /// <summary>Asks until there is room, if there is none.</summary>
    /// <param name="opened">Called when input may be taken again.</param>
    public void AskIfFull(Action opened)
    {
        if (_isAsking || _isClosed || !gate.IsFull)
            return;
        _isAsking = true;
        AskAsync(opened).Ignore();
    }

    public void Dispose() => _isClosed = true;

    private async Task AskAsync(Action opened)
    {
        while (!_isClosed && gate.IsFull)
        {
            gate.Expect(await AskOnceAsync());
            if (_isClosed)
                return;
            if (gate.IsOpen)
                opened();
            await Task.Delay(Pause);
        }

        _isAsking = false;
        if (!_isClosed)
            opened();
    }

    private async Task<long> AskOnceAsync()
    {
        try
        {
            return await owner.ReportChangeAsync(who.Epoch, who.Participant, gate.Taken, gate.NeedsCheckpoint);
        }
        catch (Exception fault) when (fault is Orleans.Runtime.OrleansException or TimeoutException or WeirException)
        {
            return 0;
        }
    }
}
