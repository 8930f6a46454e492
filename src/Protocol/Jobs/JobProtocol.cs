namespace Weir.Protocol.Jobs;

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;

/// <summary>
/// What a job's grain decides, without doing any of it: calls say what has happened, <see cref="TryTake"/> says what to
/// do next. Invariant: a checkpoint is complete exactly when the record says so; nothing becomes visible before, and
/// nothing is removed while a checkpoint that counts refers to it.
/// </summary>
/// <remarks>
/// The order of one checkpoint: trigger, reports, manifest, record, commit, confirmations; what falls out of the record is
/// removed behind its write. Of one epoch: record, manifests, files, open, contents, commit of what was restored. When the
/// answer to a write of the record is lost, the record is read before anything else; if that fails, the epoch ends.
/// </remarks>
public sealed partial class JobProtocol
{
    private readonly JobProtocolOptions _options;
    private readonly JobShape _shape;
    private readonly string _writer;
    private readonly Queue<JobAction> _actions = new();
    private readonly RestartHistory _history = new();
    private EventTime _wakeAt = EventTime.MaxValue;
    private CheckpointRecord? _proposed;
    private Purpose _purpose;
    private bool _isRereading;
    private bool _isChecking;
    private bool _isTold;
    private int _reads;

    /// <summary>Makes the coordinator of a job; nothing happens before <see cref="Begin"/>.</summary>
    /// <param name="options">How it works.</param>
    /// <param name="shape">The job.</param>
    /// <param name="writer">Different for every incarnation of a coordinator, for example random.</param>
    public JobProtocol(JobProtocolOptions options, JobShape shape, string writer)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentException.ThrowIfNullOrEmpty(writer);
        _options = options;
        _shape = shape;
        _writer = writer;
    }

    /// <summary>What a write of the record is for.</summary>
    private enum Purpose
    {
        None,
        Claim,
        FallBack,
        Complete,
        Finish,
        Fail,
    }

    /// <summary>Where it is.</summary>
    public JobPhase Phase { get; private set; }

    /// <summary>The record, as it was last known to be stored.</summary>
    public CheckpointRecord Record { get; private set; } = CheckpointRecord.Empty;

    /// <summary>The epoch that it runs; 0 before the first.</summary>
    public long Epoch { get; private set; }

    /// <summary>Why the last epoch ended, or null.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>When <see cref="Tick"/> is to be called at the latest.</summary>
    public EventTime NextWake => Phase switch
    {
        JobPhase.Waiting => _wakeAt,
        JobPhase.Running => NextCheckpointWake,
        _ => EventTime.MaxValue,
    };

    /// <summary>The next thing to do; false if there is nothing.</summary>
    public bool TryTake([NotNullWhen(true)] out JobAction? action) => _actions.TryDequeue(out action);

    /// <summary>Starts the job, or starts it again after it was stopped or has failed.</summary>
    public void Begin()
    {
        if (Phase is not (JobPhase.Idle or JobPhase.Stopped or JobPhase.Failed))
            return;
        _isTold = true;
        Read();
    }

    /// <summary>Stops the job here; it can be started again where its latest checkpoint stands.</summary>
    public void Stop()
    {
        if (Phase is JobPhase.Finished or JobPhase.Superseded or JobPhase.HandedOver or JobPhase.Idle)
            return;
        CloseEpoch("the job was stopped");
        Phase = JobPhase.Stopped;
    }

    /// <summary>Lets time pass.</summary>
    public void Tick(EventTime now)
    {
        if (Phase == JobPhase.Waiting && now >= _wakeAt)
            Read();
        else if (Phase == JobPhase.Running)
            TickCheckpoints(now);
    }

    /// <summary>The record was read. Bytes that are no record are the host's to refuse.</summary>
    public void OnRecordRead(CheckpointRecord record, EventTime now)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (--_reads > 0)
            return;
        bool isChecking = _isChecking;
        _isChecking = false;
        if (Phase == JobPhase.Reading)
        {
            OnRecordReadToBegin(record);
        }
        else if (_isRereading)
        {
            _isRereading = false;
            Resolve(record, now);
        }
        else if (isChecking && (record.Epoch != Epoch || record.Writer != _writer))
        {
            GiveWay();
        }
        else
        {
            WriteProposed();
        }
    }

    /// <summary>The record could not be read.</summary>
    public void OnRecordUnavailable(string reason, EventTime now)
    {
        if (--_reads > 0)
            return;
        _isChecking = false;
        if (Phase != JobPhase.Reading && !_isRereading)
        {
            WriteProposed();
            return;
        }

        _isRereading = false;
        if (_purpose == Purpose.Fail)
            EndFailed();
        else
            Postpone($"the job's record could not be read: {reason}", now);
    }

    /// <summary>A write of the record ended.</summary>
    public void OnRecordWritten(CheckpointRecord written, RecordOutcome outcome, EventTime now)
    {
        // An answer to a write of an epoch that has ended since says nothing: the next one reads the record anew.
        if (_proposed is null || !ReferenceEquals(written, _proposed) || _isRereading)
            return;
        if (outcome == RecordOutcome.Stored)
        {
            Recorded(_proposed, now);
            return;
        }

        _isRereading = true;
        ReadRecord();
    }

    /// <summary>A participant of an epoch failed: the epoch ends, and another begins as the strategy says.</summary>
    public void OnFailure(long epoch, string reason, EventTime now)
    {
        if (epoch == Epoch && Phase is JobPhase.Opening or JobPhase.Running or JobPhase.Finishing)
            EndEpoch(reason, now);
    }

    /// <summary>An epoch failed in a way that no restart can heal.</summary>
    public void OnFatal(long epoch, string reason)
    {
        if (epoch == Epoch && Phase is JobPhase.Opening or JobPhase.Running or JobPhase.Finishing)
            GiveUp(reason);
    }

    // Who was told to begin takes the job over from whoever had it. Who only begins again after a failure does not: that
    // its participants failed may be because another has taken over.
    private void OnRecordReadToBegin(CheckpointRecord record)
    {
        Record = record;
        if (record.IsFinished)
            Finish();
        else if (Epoch > 0 && !_isTold && record.Writer != _writer)
            GiveWay();
        else
            Claim();
    }

    private void Read()
    {
        Phase = JobPhase.Reading;
        _proposed = null;
        _isRereading = false;
        _purpose = Purpose.None;
        ReadRecord();
    }

    private void ReadRecord()
    {
        _reads++;
        _actions.Enqueue(new JobAction.ReadRecord());
    }

    private void Claim()
    {
        Phase = JobPhase.Claiming;
        Write(Purpose.Claim, Record with
        {
            Epoch = Record.Epoch + 1,
            Writer = _writer,
            Lineage = Math.Max(Record.Lineage, 1),
            Failure = null,
        });
    }

    private void Write(Purpose purpose, CheckpointRecord record)
    {
        _purpose = purpose;
        _proposed = record;
        WriteProposed();
    }

    // A write is compared with what was read last, so it waits until that has been looked at.
    private void WriteProposed()
    {
        if (_proposed is not null && _reads == 0)
            _actions.Enqueue(new JobAction.WriteRecord(_proposed));
    }

    /// <summary>The outcome of a write is unknown, or the record was not as expected: what it says now decides.</summary>
    private void Resolve(CheckpointRecord record, EventTime now)
    {
        CheckpointRecord proposed = _proposed!;
        bool isOurs = record.Writer == _writer && record.Epoch == proposed.Epoch;
        bool isUntouched = record.Epoch == Record.Epoch && record.Writer == Record.Writer;
        if (isOurs && IsDone(record, proposed))
        {
            Recorded(record, now);
        }
        else if (isOurs || (isUntouched && _purpose == Purpose.Claim))
        {
            // It is not stored, at least not yet: the same again, upon what is there. If the first write arrives after
            // all, the second is refused and this decides anew.
            Record = record;
            Repeat(record, proposed);
        }
        else
        {
            GiveWay();
        }
    }

    // Participants that say nothing may have been opened by another coordinator, in an epoch that this one does not know
    // of. The record tells.
    private void CheckOwner()
    {
        if (_isChecking || _proposed is not null)
            return;
        _isChecking = true;
        ReadRecord();
    }

    private void GiveWay()
    {
        CloseEpoch("another coordinator runs the job");
        Phase = JobPhase.Superseded;
        _actions.Enqueue(new JobAction.Superseded(Epoch));
    }

    private bool IsDone(CheckpointRecord record, CheckpointRecord proposed) => _purpose switch
    {
        Purpose.Claim => true,
        Purpose.FallBack => record.Latest == proposed.Latest && record.Lineage == proposed.Lineage,
        Purpose.Complete => record.Latest == proposed.Latest,
        Purpose.Finish => record.IsFinished,
        _ => record.Failure == proposed.Failure,
    };

    private void Repeat(CheckpointRecord record, CheckpointRecord proposed)
    {
        switch (_purpose)
        {
            case Purpose.Claim:
                Claim();
                break;
            case Purpose.Complete:
                ProposeComplete(proposed.Latest!);
                break;
            case Purpose.Finish:
                Write(_purpose, record with { IsFinished = true });
                break;
            case Purpose.Fail:
                Write(_purpose, record with { Failure = proposed.Failure });
                break;
            default:
                Write(_purpose, record with { Lineage = proposed.Lineage, Retained = proposed.Retained });
                break;
        }
    }

    private void Recorded(CheckpointRecord record, EventTime now)
    {
        CheckpointRecord before = Record;
        Record = record;
        _proposed = null;
        switch (_purpose)
        {
            case Purpose.Claim:
                Epoch = record.Epoch;
                _isTold = false;
                Load(now);
                break;
            case Purpose.FallBack:
                Open(now);
                break;
            case Purpose.Complete:
                Completed(before, now);
                break;
            case Purpose.Finish:
                _actions.Enqueue(new JobAction.Close(Epoch, "the job has finished"));
                Finish();
                break;
            case Purpose.Fail:
                EndFailed();
                break;
        }
    }

    private void Finish()
    {
        Phase = JobPhase.Finished;
        _actions.Enqueue(new JobAction.Finished(Record.Epoch));
    }

    private void CloseEpoch(string reason)
    {
        if (Phase is JobPhase.Opening or JobPhase.Running or JobPhase.Finishing)
            _actions.Enqueue(new JobAction.Close(Epoch, reason));
        Phase = JobPhase.Waiting;
        _wakeAt = EventTime.MaxValue;
        _coordinator = null;
        _proposed = null;
        _isRereading = false;
        _isChecking = false;
        _isMoveDue = false;
    }

    private void EndEpoch(string reason, EventTime now)
    {
        LastFailure = reason;
        CloseEpoch(reason);
        _history.OnFailure(now);
        if (_options.Restart.Decide(_history) is { } delay)
        {
            Phase = JobPhase.Waiting;
            _wakeAt = now + delay;
        }
        else
        {
            int failures = _history.Failures.Count;
            GiveUp(failures == 1 ? reason : string.Create(
                CultureInfo.InvariantCulture, $"{reason} (failure {failures}; the job does not restart)"));
        }
    }

    private void GiveUp(string reason)
    {
        LastFailure = reason;
        CloseEpoch(reason);
        Phase = JobPhase.Failed;
        if (Record.Writer == _writer)
            Write(Purpose.Fail, Record with { Failure = reason });
        else
            EndFailed();
    }

    private void EndFailed()
    {
        _proposed = null;
        Phase = JobPhase.Failed;
        _actions.Enqueue(new JobAction.Failed(Epoch, LastFailure ?? ""));
    }
}
