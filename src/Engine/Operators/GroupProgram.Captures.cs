namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Keys;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Time;

/// <content>
/// What a checkpoint keeps of a group. Invariant: what was restored and not read yet is what the chain says as of its
/// mark; the time that has passed since then has made nothing due.
/// </content>
/// <remarks>
/// Restored at the watermark 10 with a timer at 20: the watermarks 12 and 15 pass and go on downstream; an event, or the
/// watermark 21, first reads the chain as of 10, moves it to 15, and is then applied as ever.
/// </remarks>
public sealed partial class GroupProgram
{
    private StoredGroup? _stored;
    private bool _hasChain;
    private bool _standsAlone;

    /// <summary>
    /// Whether what was restored has been read. An event, a due timer or whatever else needs it reads it; until then
    /// time passes, and captures and reads of single keys are answered, without.
    /// </summary>
    public bool IsLoaded => _stored is null;

    /// <summary>Whether anything but time and counters has changed since the last capture.</summary>
    public bool HasChanges => _hosted?.Keys.HasChanges ?? _operator.HasChanges;

    private bool NeedsBase => _hosted?.Keys.NeedsBase ?? _operator.NeedsBase;

    // At the end of time everything is due, also what waits for that time itself. State expires when the clock reaches its
    // time; a timer is due behind it, and reading the group for one a moment early changes nothing.
    private bool IsDue => _stored is { } stored
        && (Watermark >= stored.Mark.NextEventTimer || Clock >= stored.Mark.NextClockTimer);

    /// <summary>
    /// Captures what changed since the capture before, at a barrier; emits nothing. Keys are copied one by one, when the
    /// copy is advanced or finished and before they change; at the latest with the next capture.
    /// </summary>
    /// <param name="asBase">
    /// Whether to capture everything: when a capture before was not stored, or its segments are to be replaced. What was
    /// restored and not read yet is not copied: the segments that it was restored from hold it.
    /// </param>
    /// <exception cref="InvalidOperationException">Its keys are hosted one by one.</exception>
    public GroupCapture Capture(bool asBase)
    {
        if (_hosted is not null)
            throw new InvalidOperationException($"The keys of '{OperatorName}' are hosted one by one: use CaptureAsync.");
        return MustWrite(asBase, out bool isBase)
            ? Captured(_operator.Capture(isBase), isBase)
            : new GroupCapture(null, false, Mark());
    }

    /// <summary>As <see cref="Capture"/>, also of keys that are hosted one by one: asks those that were called, at once.
    /// </summary>
    /// <param name="asBase">As for <see cref="Capture"/>.</param>
    /// <param name="host">Where the keys live.</param>
    public async ValueTask<GroupCapture> CaptureAsync(bool asBase, IKeyHost host)
    {
        if (_hosted is null)
            return Capture(asBase);
        if (!MustWrite(asBase, out bool isBase))
            return new GroupCapture(null, false, Mark());
        var copy = new SegmentCopy(await _hosted.Keys.WriteSegmentAsync(host, isBase, null));
        _hosted.Keys.EndCapture();
        return Captured(copy, isBase);
    }

    /// <summary>
    /// Takes over what was captured; only on a new program. Keys are read when they are needed, see
    /// <see cref="IsLoaded"/>, or at once if the job has changed so that what was stored means something else now.
    /// </summary>
    /// <param name="mark">The mark of the last capture.</param>
    /// <param name="chain">
    /// A base and what was captured after it, oldest first; empty if nothing was ever stored. Readable until it has been
    /// read.
    /// </param>
    /// <exception cref="CorruptDataException">
    /// The mark or a segment is damaged, or of another operator, or of a group with other channels.
    /// </exception>
    /// <exception cref="StateSchemaException">The function declares other state than it was stored with.</exception>
    public void Restore(GroupMark mark, IReadOnlyList<ISegmentBytes> chain)
    {
        ArgumentNullException.ThrowIfNull(mark);
        ArgumentNullException.ThrowIfNull(chain);
        bool loadsAtOnce = ReadTime(mark.Time, out bool waitsForClock);
        var now = new HostedTime(Watermark, Clock);
        if (chain.Count == 0)
        {
            if (mark.Rows > 0)
                throw new CorruptDataException(
                    $"the group {Group} of '{OperatorName}' holds {mark.Rows} keys and has no segment");
            _operator.SetTime(now.Watermark, now.Clock);
            return;
        }

        SegmentReader[] segments = SegmentChain.Open(chain);
        _stored = new StoredGroup(mark, segments, now, waitsForClock) { Passed = now };
        _hasChain = true;
        if (loadsAtOnce || !_operator.IsOwn(SegmentHeader.Read(segments[^1])))
            Load();
    }

    /// <summary>Reads what was restored, if that has not been done.</summary>
    /// <exception cref="CorruptDataException">A segment is damaged, or of another operator.</exception>
    /// <exception cref="StateSchemaException">The function declares other state than it was stored with.</exception>
    public void Load()
    {
        if (_stored is not { } stored)
            return;
        if (_hosted is not null)
        {
            _hosted.Keys.Restore(stored.Segments, stored.AsOf);
            _stored = null;
            return;
        }

        if (_operator is KeyedOperator keyed)
            keyed.ReadAsOf(stored.AsOf.Watermark, stored.AsOf.Clock);
        _operator.Read(stored.Segments);
        _stored = null;
        if (stored.Passed.Clock > stored.AsOf.Clock)
            _operator.AdvanceClock(stored.Passed.Clock);
        if (stored.Passed.Watermark > stored.AsOf.Watermark)
            _operator.AdvanceWatermark(stored.Passed.Watermark);
    }

    /// <summary>The bytes of everything that it holds: a segment that stands alone.</summary>
    public byte[] Snapshot()
    {
        Load();
        return _operator.WriteSegment(WriteTime()).ToArray();
    }

    /// <summary>The segment of keys that are hosted one by one, as if they were not.</summary>
    /// <param name="host">Where the keys live.</param>
    public async ValueTask<byte[]> SnapshotAsync(IKeyHost host)
    {
        if (_hosted is null)
            return Snapshot();
        Load();
        return (await _hosted.Keys.WriteSegmentAsync(host, isBase: true, () => WriteTime())).ToArray();
    }

    /// <summary>Takes over what <see cref="Snapshot"/> gave and reads it; only on a new program.</summary>
    /// <exception cref="CorruptDataException">The segment is damaged, or of another operator.</exception>
    /// <exception cref="StateSchemaException">The function declares other state than it was stored with.</exception>
    public void Restore(ReadOnlyMemory<byte> segment)
    {
        var stored = new SegmentMemory(segment);
        ReadOnlyMemory<byte> time = SegmentHeader.Read(new SegmentReader(stored)).Time;
        Restore(new GroupMark(time, EventTime.MinValue, EventTime.MinValue, 0), [stored]);
        Load();
        (_hasChain, _standsAlone) = (false, true);
    }

    /// <summary>What the operator's view holds for a key, given as its codec's bytes; null if nothing.</summary>
    public ViewReading? Find(ReadOnlyMemory<byte> key)
    {
        if (_stored is { } stored)
            return ReadOne(stored, key)?.Find(key);
        return _hosted is null ? _operator.Find(key) : _hosted.Keys.LoadIdle(key)?.Find(key);
    }

    /// <summary>Everything that the operator holds for a key, given as its codec's bytes; null if nothing.</summary>
    public KeyInspection? Inspect(ReadOnlyMemory<byte> key)
    {
        if (_stored is { } stored)
            return ReadOne(stored, key)?.Inspect(key, Group);
        return _hosted is null ? _operator.Inspect(key, Group) : _hosted.Keys.LoadIdle(key)?.Inspect(key);
    }

    /// <summary>Keys that the view holds something for, from a position on. Reads what was restored.</summary>
    /// <param name="from">0 to begin, then <see cref="KeyPage.Next"/>.</param>
    /// <param name="limit">1 or more.</param>
    public KeyPage ViewKeys(long from, int limit)
    {
        Load();
        return _hosted?.Keys.ViewKeys(from, limit) ?? _operator.ViewKeys(from, limit);
    }

    private bool MustWrite(bool asBase, out bool isBase)
    {
        isBase = asBase || !_hasChain || NeedsBase;
        if (!IsLoaded)
            return false;
        return _hasChain ? asBase || HasChanges : _standsAlone || HasChanges;
    }

    private GroupCapture Captured(SegmentCopy copy, bool isBase)
    {
        (_hasChain, _standsAlone) = (true, false);
        return new GroupCapture(copy, isBase, Mark());
    }

    private GroupMark Mark() => _stored is { } stored
        ? stored.Mark with { Time = WriteTime() }
        : new GroupMark(WriteTime(), NextEventTimer, NextClockTimer(), Rows);

    // What came before the clock began counts from its beginning, whatever that is.
    private EventTime NextClockTimer() => !Clock.HasValue && Rows > 0
        ? new EventTime(long.MinValue + 1)
        : _hosted?.Keys.NextClockTimer ?? _operator.NextClockTimer;

    private byte[] WriteTime()
    {
        var time = new ByteWriter();
        _watermarks.Write(time);
        _clocks.Write(time);
        time.WriteVarint((ulong)EventsIn);
        time.WriteBool(_operator.LoadsAtOnce);

        // Who is loaded at once says so itself.
        time.WriteBool(WaitsForClock && !_operator.LoadsAtOnce);
        if (_hosted is null)
            _operator.WriteCounters(time);
        else
            _hosted.Keys.WriteCounters(time);
        return time.ToArray();
    }

    /// <summary>Gives whether the group must be loaded at once.</summary>
    private bool ReadTime(ReadOnlyMemory<byte> time, out bool waitsForClock)
    {
        ulong channels = new ByteReader(time).ReadVarint();
        if (channels != (ulong)_watermarks.Count)
            throw new CorruptDataException(
                $"the group {Group} of '{OperatorName}' was stored with {channels} channels and has {_watermarks.Count} "
                + "now: its inputs, or the partitions of a topic behind them, are others than they were");
        var reader = new ByteReader(time);
        _watermarks.Read(reader);
        _clocks.Read(reader);
        EventsIn = (long)Math.Min(reader.ReadVarint(), long.MaxValue);
        bool loadsAtOnce = reader.ReadBool();
        waitsForClock = reader.ReadBool();
        if (_hosted is null)
            _operator.ReadCounters(reader);
        else
            _hosted.Keys.ReadCounters(reader);
        return reader.Remaining == 0
            ? loadsAtOnce
            : throw new CorruptDataException($"{reader.Remaining} bytes of the time of a group were not understood");
    }

    /// <summary>An operator that holds nothing but one key, as the chain says; null if it does not hold the key.</summary>
    private KeyedOperator? ReadOne(StoredGroup stored, ReadOnlyMemory<byte> key)
    {
        var reader = (KeyedOperator)_node.Create(new Stage(_stage.Plan, _stage.Head, Group) { IsMute = true });
        (uint hash, ReadOnlyMemory<byte> located) = reader.Locate(key);
        if (SegmentChain.Find(stored.Segments, hash, located.Span) is not (var segment, var record))
            return null;
        var counters = new ByteWriter();
        if (_hosted is null)
            _operator.WriteCounters(counters);
        else
            _hosted.Keys.WriteCounters(counters);
        reader.ReadCounters(new ByteReader(counters.WrittenMemory));
        reader.ReadAsOf(stored.AsOf.Watermark, stored.AsOf.Clock);
        reader.ReadOne(SegmentHeader.Read(stored.Segments[segment]), record.Bytes);
        reader.SetTime(Watermark, Clock);
        return reader;
    }

    /// <summary>What was restored and not read yet, and how far time has come since.</summary>
    private sealed record StoredGroup(GroupMark Mark, SegmentReader[] Segments, HostedTime AsOf, bool WaitsForClock)
    {
        public HostedTime Passed { get; set; }
    }
}
