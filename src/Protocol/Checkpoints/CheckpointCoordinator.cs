namespace Weir.Protocol.Checkpoints;

using System.Globalization;
using Weir.Engine.Time;

/// <summary>
/// Decides when a checkpoint of one epoch begins, gathers its reports and says why it does not become complete.
/// Invariant: one is under way at a time, numbers grow, and a report counts only for the epoch and the number that are
/// under way. While nothing has changed since the last complete one, none begins unless someone asks for it.
/// </summary>
/// <remarks>
/// A participant says that it has something behind its part of checkpoint 4; when 4 is complete, 5 is due. Had it said
/// so behind 3, and taken part in 4 since, nothing would be due. The first of an epoch is always due. Who takes no more
/// input until a checkpoint is complete has one begin at once, not an interval later; its barrier holds the sources, so
/// that nothing gathers behind it however often it is given up, and another one follows that lets them go.
/// </remarks>
public sealed class CheckpointCoordinator
{
    private readonly CheckpointOptions _options;
    private readonly IReadOnlyList<JobParticipant> _participants;
    private readonly long _epoch;
    private readonly Dictionary<string, ParticipantReport> _reports = [];
    private readonly HashSet<string> _running;
    private readonly SortedSet<string> _savepoints = new(StringComparer.Ordinal);
    private EventTime _beganAt;
    private EventTime _endedAt;
    private bool _isEndDue;
    private bool _isRequested;
    private bool _wasRequested;
    private bool _isWaitedFor;
    private bool _mustFollow = true;
    private long _completed;
    private long _changedBehind = -1;

    /// <summary>Begins an epoch.</summary>
    /// <param name="options">How often.</param>
    /// <param name="participants">All participants of the job.</param>
    /// <param name="start">The epoch, and the highest number that any checkpoint of the job ever had.</param>
    /// <param name="now">The time; the first checkpoint begins one interval later, whether anything has changed or not.
    /// </param>
    public CheckpointCoordinator(
        CheckpointOptions options,
        IReadOnlyList<JobParticipant> participants,
        (long Epoch, long LastNumber) start,
        EventTime now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(participants);
        _options = options;
        _participants = participants;
        _epoch = start.Epoch;
        LastNumber = start.LastNumber;
        _running = [.. participants.Where(each => each.Ends).Select(each => each.Name)];
        _beganAt = _endedAt = now;
    }

    /// <summary>The highest number given out.</summary>
    public long LastNumber { get; private set; }

    /// <summary>The one under way, or null.</summary>
    public CheckpointStart? Current { get; private set; }

    /// <summary>Whether everybody has reported and only the manifest and the record are missing.</summary>
    public bool IsReported => Current is not null && _reports.Count == _participants.Count;

    /// <summary>The reports of the one under way, in the order of the participants.</summary>
    public IReadOnlyList<ParticipantReport> Reports =>
        [.. _participants.Where(each => _reports.ContainsKey(each.Name)).Select(each => _reports[each.Name])];

    /// <summary>Whether all participants had ended when they reported: nothing is left to run after it.</summary>
    public bool IsFinal => IsReported
        && _participants.Where(each => each.Ends).All(each => _reports[each.Name].HasEnded);

    /// <summary>How many were given up since the last complete one.</summary>
    public int FailuresInARow { get; private set; }

    /// <summary>Why the last one was given up, or null.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>The time at which <see cref="TryBegin"/> or <see cref="IsOverdue"/> may have something new.</summary>
    public EventTime NextWake
    {
        get
        {
            if (Current is not null)
                return IsReported ? EventTime.MaxValue : _beganAt + _options.Timeout;
            EventTime earliest = _endedAt + _options.MinimumPause;
            if (_isWaitedFor && FailuresInARow == 0)
                return _endedAt;
            if (_savepoints.Count > 0 || _isEndDue || _isRequested || _isWaitedFor)
                return earliest;
            return IsCurrent ? EventTime.MaxValue : EventTime.Max(earliest, _beganAt + _options.Interval);
        }
    }

    /// <summary>Whether the last complete checkpoint of the epoch holds all that there is: nothing has changed since.
    /// </summary>
    public bool IsCurrent => !_mustFollow && _changedBehind < _completed;

    /// <summary>
    /// A participant has something that its part of a checkpoint does not hold. Returns the number of the checkpoint
    /// under way that waits for this participant, or 0.
    /// </summary>
    /// <param name="participant">Who.</param>
    /// <param name="behind">The last checkpoint that it has taken part in; 0: none in this epoch.</param>
    /// <param name="atOnce">Whether it takes no more input until a checkpoint is complete that holds it.</param>
    public long OnChanged(string participant, long behind, bool atOnce)
    {
        _changedBehind = Math.Max(_changedBehind, behind);
        bool isWaited = Current is { } current && current.Number > behind && !_reports.ContainsKey(participant);
        _isWaitedFor |= atOnce && !isWaited;
        return isWaited ? Current!.Number : 0;
    }

    /// <summary>One is to begin as soon as it may, though nothing has changed: the record is to be written.</summary>
    public void RequestAnother() => _isRequested = true;

    /// <summary>A number that none of its checkpoints gets.</summary>
    public long ReserveNumber() => ++LastNumber;

    /// <summary>The next checkpoint is to be a savepoint of this name, and begins as soon as one may.</summary>
    public void RequestSavepoint(string name) => _savepoints.Add(name);

    /// <summary>A participant has ended. When the last has, the final checkpoint begins as soon as one may.</summary>
    public void OnEnded(string participant)
    {
        if (_running.Remove(participant) && _running.Count == 0)
            _isEndDue = true;
    }

    /// <summary>Begins a checkpoint if it is time for one.</summary>
    public CheckpointStart? TryBegin(EventTime now)
    {
        if (Current is not null || now < NextWake)
            return null;
        _reports.Clear();
        _beganAt = now;
        Current = new CheckpointStart(++LastNumber, now, _savepoints.FirstOrDefault()) { Holds = _isWaitedFor };
        _mustFollow |= _isWaitedFor;
        _isWaitedFor = false;
        _wasRequested = _isRequested;
        _isRequested = false;
        return Current;
    }

    /// <summary>
    /// Takes a report. True if it was the last one missing. Of another epoch, or a number that is not under way, it is
    /// ignored, and so is a second one.
    /// </summary>
    public bool OnReport(ParticipantReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.Epoch != _epoch || report.Number != Current?.Number || IsReported)
            return false;
        if (!_participants.Any(each => each.Name == report.Participant))
            return false;
        _reports.TryAdd(report.Participant, report);
        return IsReported;
    }

    /// <summary>Whether the one under way has taken too long.</summary>
    public bool IsOverdue(EventTime now) => Current is not null && !IsReported && now >= _beganAt + _options.Timeout;

    /// <summary>The one under way is complete.</summary>
    public void Complete(EventTime now)
    {
        if (Current is not { } done)
            throw new InvalidOperationException("No checkpoint is under way.");
        if (done.Savepoint is { } name)
            _savepoints.Remove(name);
        _isEndDue &= !IsFinal;
        _mustFollow = done.Holds;
        _completed = done.Number;
        FailuresInARow = 0;
        LastFailure = null;
        End(now);
    }

    /// <summary>The one under way is given up. A savepoint that it was to be is tried again.</summary>
    public void Abort(string reason, EventTime now)
    {
        if (Current is null)
            return;
        FailuresInARow++;
        _isWaitedFor |= Current.Holds;
        _isRequested |= _wasRequested;
        LastFailure = string.Create(CultureInfo.InvariantCulture, $"checkpoint {Current.Number}: {reason}");
        End(now);
    }

    /// <summary>Whom the one under way waits for, in the order of the participants.</summary>
    public IReadOnlyList<string> Missing() => Current is null
        ? []
        : [.. _participants.Select(each => each.Name).Where(name => !_reports.ContainsKey(name))];

    /// <summary>
    /// What a person has to know about checkpoints that do not become complete; null if there is nothing to say.
    /// </summary>
    /// <remarks>
    /// "12 in a row did not complete (checkpoint 16: it took longer than 60 s); checkpoint 17 waits for operator sum,
    /// group 3 and 4 more since 12 s"
    /// </remarks>
    public string? Explain(EventTime now)
    {
        string? failures = FailuresInARow switch
        {
            0 => null,
            1 => $"the last did not complete ({LastFailure})",
            _ => string.Create(CultureInfo.InvariantCulture, $"{FailuresInARow} in a row did not complete ({LastFailure})"),
        };
        string? waiting = ExplainWaiting(now);
        return failures is null || waiting is null ? failures ?? waiting : $"{failures}; {waiting}";
    }

    private string? ExplainWaiting(EventTime now)
    {
        if (Current is not { } current)
            return null;
        IReadOnlyList<string> missing = Missing();
        long seconds = (long)(now - current.At).TotalSeconds;
        if (missing.Count == 0)
            return string.Create(
                CultureInfo.InvariantCulture, $"checkpoint {current.Number} is being recorded since {seconds} s");
        string more = missing.Count > 1
            ? string.Create(CultureInfo.InvariantCulture, $" and {missing.Count - 1} more")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"checkpoint {current.Number} waits for {missing[0]}{more} since {seconds} s");
    }

    private void End(EventTime now)
    {
        Current = null;
        _reports.Clear();
        _endedAt = now;
    }
}
