namespace Weir.Protocol.Jobs;

using Weir.Engine.Time;

/// <summary>
/// How a job goes on elsewhere, because silos have come or gone. That is no failure of the job: no restart strategy is
/// asked. A move ends the epoch where a checkpoint is complete, so that almost nothing is read again.
/// </summary>
public sealed partial class JobProtocol
{
    private readonly RestartHistory _losses = new();
    private bool _isMoveDue;
    private bool _isHandOverDue;

    /// <summary>Whether the epoch ends with the next complete checkpoint.</summary>
    public bool IsMoveDue => _isMoveDue;

    /// <summary>
    /// The participants should stand elsewhere: a checkpoint is taken as soon as one may be, and where it is complete the
    /// next epoch begins. A savepoint that was asked for is taken before, and a job that is about to end or to stop stays.
    /// </summary>
    /// <param name="handOver">Whether the coordinator should stand elsewhere too: it then ends, and another begins the
    /// epoch.</param>
    public void RequestMove(bool handOver)
    {
        if (Phase != JobPhase.Running)
            return;
        _isMoveDue = true;
        _isHandOverDue = handOver;
        _coordinator!.RequestAnother();
    }

    /// <summary>As <see cref="RequestMove"/>, from the last complete checkpoint: there is no time for another one.
    /// </summary>
    public void MoveAtOnce(bool handOver)
    {
        _isHandOverDue = handOver;
        if (Phase is JobPhase.Opening or JobPhase.Running)
            Move();
    }

    /// <summary>Participants of an epoch are gone, for example with their silo, or wait in vain for an answer: the next
    /// epoch begins at once, or after a moment if that happens again and again.</summary>
    public void OnLost(long epoch, string reason, EventTime now)
    {
        if (epoch != Epoch || Phase is not (JobPhase.Opening or JobPhase.Running or JobPhase.Finishing))
            return;
        Postpone(reason, now);
    }

    /// <summary>The epoch ends because something does not answer, which says nothing of the job: no restart strategy is
    /// asked, and the next epoch is tried until there are answers.</summary>
    private void Postpone(string reason, EventTime now)
    {
        LastFailure = reason;
        CloseEpoch(reason);
        _losses.OnFailure(now);
        bool isFirst = _losses.FailuresSince(_options.Loss.ResetAfter) == 1;
        _wakeAt = isFirst ? now : now + _options.Loss.Decide(_losses)!.Value;
    }

    private void MoveIfDue()
    {
        if (_isMoveDue && !_isFinal && _stopAfter is null && _savepoints.Count == 0 && Phase == JobPhase.Running)
            Move();
    }

    private void Move()
    {
        CloseEpoch("its participants move");
        if (_isHandOverDue)
        {
            Phase = JobPhase.HandedOver;
            _actions.Enqueue(new JobAction.HandOver(Epoch));
        }
        else
        {
            Read();
        }
    }
}
