namespace Weir.Protocol.Jobs;

using System.Globalization;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;

/// <summary>What becomes of checkpoints while the job runs.</summary>
public sealed partial class JobProtocol
{
    private readonly SortedDictionary<long, HashSet<string>> _unconfirmed = [];
    private readonly SortedSet<string> _savepoints = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removedSavepoints = [];
    private CheckpointCoordinator? _coordinator;
    private Manifest? _manifest;
    private EventTime _repeatAt = EventTime.MaxValue;
    private EventTime _lookAt = EventTime.MinValue;
    private string? _stopAfter;
    private long _confirmed;
    private bool _isVerified;
    private bool _isFinal;

    /// <summary>Output of all checkpoints up to this one is known to be stored.</summary>
    public long Confirmed => _confirmed;

    private EventTime NextCheckpointWake
    {
        get
        {
            EventTime begin = MayBegin || _coordinator!.Current is not null
                ? _coordinator!.NextWake
                : EventTime.MaxValue;
            EventTime look = _coordinator!.IsCurrent ? _lookAt : EventTime.MaxValue;
            return EventTime.Min(begin, _unconfirmed.Count > 0 ? _repeatAt : look);
        }
    }

    // The outcome of a final checkpoint is the last thing that is waited for.
    private bool MayBegin =>
        _isVerified && !_isFinal && _unconfirmed.Count < _options.Checkpoints.MaxUnconfirmed;

    /// <summary>How many checkpoints were given up since the last complete one.</summary>
    public int CheckpointFailuresInARow => _coordinator?.FailuresInARow ?? 0;

    /// <summary>
    /// Takes a savepoint as soon as possible, and again if that is given up, in later epochs too.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="thenStop">Whether the job stops behind it, once its output is stored.</param>
    public void RequestSavepoint(string name, bool thenStop)
    {
        _savepoints.Add(name);
        _removedSavepoints.Remove(name);
        if (thenStop)
            _stopAfter = name;
        _coordinator?.RequestSavepoint(name);
    }

    /// <summary>A savepoint is no longer wanted: from the next checkpoint on it is one among others.</summary>
    public void RemoveSavepoint(string name)
    {
        _removedSavepoints.Add(name);
        _coordinator?.RequestAnother();
    }

    /// <summary>
    /// One is to begin as soon as it may, though nothing has changed. Returns the lowest number that it can have: it holds
    /// all that has happened up to now. Only while the job runs.
    /// </summary>
    public long RequestCheckpoint()
    {
        _coordinator!.RequestAnother();
        return _coordinator.LastNumber + 1;
    }

    /// <summary>
    /// Whether the last complete checkpoint holds all that there is, and its output is stored: nothing has changed since.
    /// </summary>
    public bool IsCurrent => Phase == JobPhase.Running && _coordinator!.IsCurrent && _unconfirmed.Count == 0;

    /// <summary>Whether it will stop by itself, behind a savepoint or the output of one.</summary>
    public bool IsStopping => Phase == JobPhase.Running && _stopAfter is not null;

    /// <summary>A participant has something that no checkpoint holds; see
    /// <see cref="CheckpointCoordinator.OnChanged"/>.</summary>
    public long OnChanged(long epoch, string participant, long behind, bool atOnce) =>
        epoch == Epoch && Phase == JobPhase.Running ? _coordinator!.OnChanged(participant, behind, atOnce) : 0;

    /// <summary>A number that no checkpoint has and none will get, for one that comes from elsewhere.</summary>
    public long ReserveNumber() => _lastNumber = _coordinator?.ReserveNumber() ?? _lastNumber + 1;

    /// <summary>Why checkpoints do not become complete, or null; see <see cref="CheckpointCoordinator.Explain"/>.
    /// </summary>
    public string? Explain(EventTime now)
    {
        if (Phase != JobPhase.Running)
            return null;
        if (_coordinator!.Current is null && !_isVerified)
            return $"the segments of checkpoint {_restored!.Number} are being verified";
        if (_coordinator.Current is null && _unconfirmed.Count > 0 && !MayBegin)
        {
            (long number, HashSet<string> waiting) = _unconfirmed.First();
            return $"the output of checkpoint {number} is not stored yet by {waiting.Order().First()}"
                + (waiting.Count > 1 ? $" and {waiting.Count - 1} more" : "");
        }

        return _coordinator.Explain(now);
    }

    /// <summary>A participant reported; see <see cref="CheckpointCoordinator.OnReport"/>.</summary>
    public void OnReport(ParticipantReport report)
    {
        if (Phase != JobPhase.Running || !_coordinator!.OnReport(report))
            return;
        CheckpointStart start = _coordinator.Current!;
        _manifest = new Manifest
        {
            Job = _shape.Job,
            Epoch = Epoch,
            Number = start.Number,
            Lineage = Record.Lineage,
            Fingerprint = _shape.Fingerprint,
            TakenAt = start.At,
            Savepoint = start.Savepoint,
            IsFinal = _coordinator.IsFinal,
            Partitions = _shape.Partitions,
            Operators = _shape.Operators,
            Reports = _coordinator.Reports,
        };
        _actions.Enqueue(new JobAction.WriteManifest(_manifest));
    }

    /// <summary>A participant has come to the end of its input and has emitted all that follows from it.</summary>
    public void OnEnded(long epoch, string participant)
    {
        if (epoch == Epoch)
            _coordinator?.OnEnded(participant);
    }

    /// <summary>A participant can not report a checkpoint.</summary>
    public void OnCheckpointFailed(long epoch, long number, string reason, EventTime now)
    {
        if (IsUnderWay(epoch, number) && !_coordinator!.IsReported)
            AbortCheckpoint(reason, now);
    }

    /// <summary>A manifest is durable.</summary>
    public void OnManifestWritten(CompleteCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (!IsUnderWay(checkpoint.Epoch, checkpoint.Number) || !_coordinator!.IsReported || _proposed is not null)
            return;
        ProposeComplete(checkpoint);
    }

    /// <summary>A manifest could not be written.</summary>
    public void OnManifestFailed(long epoch, long number, string reason, EventTime now)
    {
        if (IsUnderWay(epoch, number) && _coordinator!.IsReported && _proposed is null)
            AbortCheckpoint(reason, now);
    }

    /// <summary>A participant has stored all output that was visible at a checkpoint.</summary>
    public void OnConfirmed(long epoch, long number, string participant)
    {
        if (epoch != Epoch || Phase != JobPhase.Running)
            return;
        foreach ((_, HashSet<string> waiting) in _unconfirmed.TakeWhile(each => each.Key <= number))
            waiting.Remove(participant);
        Settle();
    }

    /// <summary>Participants have finished their sinks, or could not.</summary>
    public void OnOutputFinished(long epoch)
    {
        if (epoch == Epoch && Phase == JobPhase.Finishing && _proposed is null)
            Write(Purpose.Finish, Record with { IsFinished = true });
    }

    private bool IsUnderWay(long epoch, long number) =>
        epoch == Epoch && Phase == JobPhase.Running && _coordinator!.Current?.Number == number;

    private void TickCheckpoints(EventTime now)
    {
        if (_coordinator!.IsOverdue(now))
        {
            AbortCheckpoint(
                string.Create(
                    CultureInfo.InvariantCulture, $"it took longer than {_options.Checkpoints.Timeout.TotalSeconds} s"),
                now);
            CheckOwner();
        }

        if (MayBegin && _coordinator.TryBegin(now) is { } start)
            _actions.Enqueue(new JobAction.Trigger(Epoch, start.Number, Record.Latest?.Number ?? 0, start.Holds));
        if (_unconfirmed.Count == 0)
        {
            LookAtOwner(now);
            return;
        }

        if (now < _repeatAt)
            return;
        _repeatAt = now + _options.RepeatAfter;
        (long number, HashSet<string> waiting) = _unconfirmed.Last();
        string[] all = [.. _unconfirmed.Values.SelectMany(each => each).Union(waiting).Order(StringComparer.Ordinal)];
        _actions.Enqueue(new JobAction.Commit(Epoch, number, all, IsFirst: false));
        CheckOwner();
    }

    // While nothing changes no checkpoint times out, which would be what shows that another has taken the job over.
    private void LookAtOwner(EventTime now)
    {
        if (!_coordinator!.IsCurrent || now < _lookAt)
            return;
        _lookAt = now + _options.RepeatAfter;
        CheckOwner();
    }

    private void AbortCheckpoint(string reason, EventTime now)
    {
        long number = _coordinator!.Current!.Number;
        _coordinator.Abort(reason, now);
        _actions.Enqueue(new JobAction.Abort(Epoch, number, reason));
    }

    private void ProposeComplete(CompleteCheckpoint checkpoint)
    {
        CompleteCheckpoint[] all =
        [
            .. Record.Retained.Select(each => each.Savepoint is { } name && _removedSavepoints.Contains(name)
                ? each with { Savepoint = null }
                : each),
            checkpoint,
        ];
        Write(Purpose.Complete, Record with
        {
            Retained = Retirement.Keep(all, _options.Checkpoints.Retained, _confirmed),
        });
    }

    private void Completed(CheckpointRecord before, EventTime now)
    {
        Manifest manifest = _manifest!;
        CompleteCheckpoint latest = Record.Latest!;
        _manifests[manifest.Number] = manifest;
        _isFinal = manifest.IsFinal;
        _coordinator!.Complete(now);
        _lookAt = now + _options.RepeatAfter;
        StartCommit(manifest, now);
        if (latest.Savepoint is { } name && _savepoints.Remove(name))
            _actions.Enqueue(new JobAction.SavepointDone(latest));
        Retire(before);
        Settle();
        MoveIfDue();
    }

    private void StartCommit(Manifest manifest, EventTime now)
    {
        string[] waiting =
            [.. manifest.Reports.Where(report => report.Staged.Count > 0).Select(report => report.Participant)];
        _unconfirmed[manifest.Number] = [.. waiting];
        _repeatAt = now + _options.RepeatAfter;
        _actions.Enqueue(new JobAction.Commit(Epoch, manifest.Number, waiting, IsFirst: true));
    }

    private void Settle()
    {
        while (_unconfirmed.Count > 0 && _unconfirmed.First() is var first && first.Value.Count == 0)
        {
            _confirmed = first.Key;
            _unconfirmed.Remove(first.Key);
        }

        if (_unconfirmed.Count > 0 || !_isVerified)
            return;
        if (_isFinal && Phase == JobPhase.Running)
        {
            Phase = JobPhase.Finishing;
            _actions.Enqueue(new JobAction.FinishOutput(Epoch));
        }
        else if (_stopAfter is { } name && Record.Latest?.Savepoint == name)
        {
            _stopAfter = null;
            Stop();
        }
    }

    private void Retire(CheckpointRecord before)
    {
        HashSet<long> kept = [.. Record.Retained.Select(each => each.Number)];
        CompleteCheckpoint[] dropped = [.. before.Retained.Where(each => !kept.Contains(each.Number))];
        if (dropped.Length == 0)
            return;
        IReadOnlyList<string> files = KnowsAllFiles
            ? Retirement.Unneeded(dropped.SelectMany(FilesOf), Record.Retained.SelectMany(FilesOf))
            : [];
        _actions.Enqueue(new JobAction.Retire(dropped, files));
        foreach (CompleteCheckpoint each in dropped)
            _manifests.Remove(each.Number);
    }
}
