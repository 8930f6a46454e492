namespace Weir.Protocol.Jobs;

using System.Globalization;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sources;

/// <summary>
/// How an epoch begins: the newest checkpoint whose manifest and files are there is the one. A damaged one is passed
/// over and leaves the record, unless output would then be written twice without anybody having said that it may; that
/// the store does not answer is no damage, the epoch is tried again.
/// </summary>
public sealed partial class JobProtocol
{
    private readonly Dictionary<long, Manifest> _manifests = [];
    private readonly HashSet<long> _damaged = [];
    private readonly HashSet<long> _unread = [];
    private Manifest? _restored;
    private long _lastNumber;

    /// <summary>The checkpoint that the epoch began with; null: the beginning of the input.</summary>
    public Manifest? Restored => _restored;

    /// <summary>Reading a manifest ended. One whose checksum is not that of the record is damaged.</summary>
    public void OnManifestRead(CompleteCheckpoint checkpoint, StoredState state, Manifest? manifest, EventTime now)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (Phase != JobPhase.Loading || !Record.Retained.Contains(checkpoint) || !_unread.Remove(checkpoint.Number))
            return;
        if (state == StoredState.Unavailable)
        {
            Postpone($"the manifest {checkpoint.File} could not be read", now);
            return;
        }

        if (state == StoredState.Intact && manifest is not null)
            _manifests[checkpoint.Number] = manifest;
        else
            _damaged.Add(checkpoint.Number);
        if (_unread.Count == 0)
            Choose(now);
    }

    /// <summary>Looking for the files of a checkpoint ended.</summary>
    public void OnFilesVerified(long number, StoredState state, EventTime now)
    {
        if (Phase != JobPhase.Loading || _restored?.Number != number)
            return;
        switch (state)
        {
            case StoredState.Intact when Record.Latest!.Number == number:
                Open(now);
                break;
            case StoredState.Intact when _options.KeepLineageOnFallback || _options.AcceptsDuplicates:
                FallBack(number);
                break;
            case StoredState.Intact:
                GiveUp(string.Create(
                    CultureInfo.InvariantCulture,
                    $"checkpoint {Record.Latest.Number} is damaged, and output beyond checkpoint {number}, the newest "
                    + $"intact one, may be written already: restore the checkpoint store, or start the job accepting that "
                    + $"this output is there twice"));
                break;
            case StoredState.Damaged:
                _damaged.Add(number);
                Choose(now);
                break;
            default:
                Postpone(
                    string.Create(CultureInfo.InvariantCulture, $"the files of checkpoint {number} could not be seen"),
                    now);
                break;
        }
    }

    /// <summary>All participants of an epoch are open.</summary>
    public void OnOpened(long epoch, EventTime now)
    {
        if (Phase != JobPhase.Opening || epoch != Epoch)
            return;
        Phase = JobPhase.Running;
        _history.OnRunning(now);
        _losses.OnRunning(now);
        _actions.Enqueue(new JobAction.Running(Epoch));
        if (KnowsAllFiles)
            _actions.Enqueue(new JobAction.RemoveOrphans(Epoch, [.. Record.Retained.SelectMany(FilesOf)]));
        CommitRestored(now);
    }

    /// <summary>Comparing the checksums of all segments of a checkpoint ended: only now may anything be committed.
    /// </summary>
    public void OnContentsVerified(long number, StoredState state, EventTime now)
    {
        // Damage may have kept the epoch from opening; that it was found counts for the next one.
        if (state == StoredState.Damaged)
            _damaged.Add(number);
        if (Phase is not (JobPhase.Opening or JobPhase.Running) || _isVerified || _restored?.Number != number)
            return;
        if (state == StoredState.Intact)
        {
            _isVerified = true;
            CommitRestored(now);
            return;
        }

        if (state == StoredState.Damaged)
            EndEpoch(string.Create(CultureInfo.InvariantCulture, $"segments of checkpoint {number} are damaged"), now);
        else
            Postpone(
                string.Create(CultureInfo.InvariantCulture, $"segments of checkpoint {number} could not be read"), now);
    }

    private void CommitRestored(EventTime now)
    {
        if (Phase != JobPhase.Running || !_isVerified || _restored is null)
            return;
        StartCommit(_restored, now);
        Settle();
    }

    private bool KnowsAllFiles => Record.Retained.All(each => _manifests.ContainsKey(each.Number));

    private IEnumerable<string> FilesOf(CompleteCheckpoint checkpoint) =>
        _manifests.TryGetValue(checkpoint.Number, out Manifest? manifest)
            ? manifest.Files.Append(checkpoint.File)
            : [checkpoint.File];

    private void Load(EventTime now)
    {
        Phase = JobPhase.Loading;
        _restored = null;
        _manifests.Clear();
        _unread.Clear();
        _lastNumber = Math.Max(_lastNumber, _options.LastNumber);
        foreach (CompleteCheckpoint checkpoint in Record.Retained)
        {
            _lastNumber = Math.Max(_lastNumber, checkpoint.Number);
            _unread.Add(checkpoint.Number);
            _actions.Enqueue(new JobAction.ReadManifest(checkpoint));
        }

        if (_unread.Count == 0)
            Open(now);
    }

    private void Choose(EventTime now)
    {
        CompleteCheckpoint? newest = Record.Retained.LastOrDefault(each => !_damaged.Contains(each.Number));
        if (newest is not null)
        {
            _restored = _manifests[newest.Number];
            _actions.Enqueue(new JobAction.VerifyFiles(_restored));
            return;
        }

        GiveUp(string.Create(
            CultureInfo.InvariantCulture,
            $"none of the {Record.Retained.Count} checkpoints is intact: restore the checkpoint store, or reset the job"));
    }

    private void FallBack(long number) => Write(Purpose.FallBack, Record with
    {
        Lineage = _options.KeepLineageOnFallback ? Record.Lineage : Record.Lineage + 1,
        Retained = [.. Record.Retained.Where(each => each.Number <= number)],
    });

    private void Open(EventTime now)
    {
        Phase = JobPhase.Opening;
        _coordinator = new CheckpointCoordinator(
            _options.Checkpoints, _shape.Participants, (Epoch, _lastNumber), now);
        _unconfirmed.Clear();
        _confirmed = 0;
        _isVerified = _restored is null;
        _isFinal = _restored?.IsFinal == true;
        foreach (string name in _savepoints)
            _coordinator.RequestSavepoint(name);
        _actions.Enqueue(new JobAction.Open(new EpochStart(Epoch, Record.Lineage, _restored, Later())));
        if (_restored is not null)
            _actions.Enqueue(new JobAction.VerifyContents(_restored));
    }

    // A replay from an older checkpoint passes the places where later ones were taken, and must read the same there.
    private Dictionary<string, IReadOnlyList<InputDigest>> Later() => _manifests.Values
        .Where(manifest => manifest.Number > _restored?.Number)
        .SelectMany(manifest => manifest.Reports)
        .Where(report => report.Cut is not null)
        .GroupBy(report => report.Participant)
        .ToDictionary(
            reports => reports.Key,
            reports => (IReadOnlyList<InputDigest>)[.. reports.Select(report => report.Cut!.Input)]);
}
