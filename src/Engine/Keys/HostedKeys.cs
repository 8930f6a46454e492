namespace Weir.Engine.Keys;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A step of a group's merged time in a slice: after so many of the slice's events.</summary>
internal readonly record struct GroupStep(int Position, EventTime Watermark, EventTime Clock, bool IsIdle, int Number);

/// <summary>The keys of a group that are hosted one by one, without their type.</summary>
internal abstract class HostedKeys
{
    public long LateEvents { get; protected set; }

    public long DeadLetters { get; protected set; }

    public abstract int Rows { get; }

    public abstract EventTime NextEventTimer { get; }

    public abstract EventTime NextClockTimer { get; }

    public abstract bool WaitsForClock { get; }

    /// <summary>Whether a key was called, or went, since the last capture, or all must be written anew.</summary>
    public abstract bool HasChanges { get; }

    /// <summary>Whether what was restored was written otherwise than it would be now.</summary>
    public bool NeedsBase { get; protected set; }

    /// <summary>Applies a slice with the steps of the group's time in it; what comes out is in order.</summary>
    public abstract ValueTask<List<CapturedEvent>> ApplyAsync(
        Slice? slice, HostedTime time, IReadOnlyList<GroupStep> steps, IKeyHost host);

    /// <summary>
    /// A segment as if the keys had never been apart: of all of them, or of those that were called since the last
    /// capture. Only these are asked for their state.
    /// </summary>
    /// <param name="host">Where the keys live.</param>
    /// <param name="isBase">Whether of all keys.</param>
    /// <param name="time">Gives what the segment says of time, if it stands alone, from the counters of the keys.</param>
    public abstract ValueTask<ReadOnlyMemory<byte>> WriteSegmentAsync(
        IKeyHost host, bool isBase, Func<ReadOnlyMemory<byte>>? time);

    public abstract void EndCapture();

    public abstract void WriteCounters(ByteWriter writer);

    public abstract void ReadCounters(ByteReader reader);

    /// <summary>Takes over keys that were in one operator, or apart.</summary>
    public abstract void Restore(IReadOnlyList<SegmentReader> chain, HostedTime time);

    /// <summary>A key that was restored and not called since, or null.</summary>
    public abstract KeyProgram? LoadIdle(ReadOnlyMemory<byte> key);

    public abstract KeyPage ViewKeys(long from, int limit);
}

/// <summary>The group's time before the slice at hand.</summary>
internal readonly record struct HostedTime(EventTime Watermark, EventTime Clock);

/// <summary>
/// The keys of a group that are hosted one by one. A slice becomes one call for every key that has an event in it or a
/// timer due by its end; what the keys emit is put in order again. Invariant: each key gives what it would in one table
/// with all keys, and the segment has the same form, so a job can change between the two. Only the order between keys
/// whose timers are due at the same instant is free.
/// </summary>
internal sealed class HostedKeys<TKey> : HostedKeys, IKeyShares<TKey>
    where TKey : notnull
{
    private const int CallsAtOnce = 64;
    private readonly JobPlan _plan;
    private readonly IOperatorNode _node;
    private readonly int _group;
    private readonly Codec<TKey> _codec;
    private readonly KeyHasher<TKey> _hasher;
    private readonly KeyTable<TKey> _keys = new();
    private readonly TimerQueue _eventTimers = new();
    private readonly TimerQueue _clockTimers = new();
    private readonly SortedDictionary<long, KeyShare> _shares = [];
    private readonly KeyedOperator _counters;
    private HostedKey[] _rows = new HostedKey[8];

    public HostedKeys(JobPlan plan, IOperatorNode node, int group)
    {
        _plan = plan;
        _node = node;
        _group = group;
        _codec = plan.Codecs.For<TKey>();
        _hasher = KeyHasher<TKey>.For(_codec);
        _counters = NewOperator();
    }

    public override int Rows => _keys.Count;

    public override EventTime NextEventTimer => _eventTimers.Next;

    public override EventTime NextClockTimer => _clockTimers.Next;

    public override bool WaitsForClock => _clockTimers.Count > 0;

    public override bool HasChanges => _keys.HasChanges || NeedsBase;

    public override async ValueTask<List<CapturedEvent>> ApplyAsync(
        Slice? slice, HostedTime time, IReadOnlyList<GroupStep> steps, IKeyHost host)
    {
        if (slice is not null)
            ((KeyEdge)_plan.Graph.Edges[slice.Target.Edge]).Split(slice, this, [.. steps.Select(step => step.Position)]);
        if (steps.Count > 0)
            ShareDue(time, steps[^1]);
        var output = new List<CapturedEvent>();
        var calls = new List<(KeyShare Share, Task<KeyAnswer> Answer)>();
        foreach (KeyShare share in _shares.Values)
        {
            calls.Add((share, host.CallAsync(CallOf(share, time, steps)).AsTask()));
            if (calls.Count == CallsAtOnce)
                await TakeAnswersAsync(calls, output);
        }

        await TakeAnswersAsync(calls, output);
        _shares.Clear();
        return [.. output.Order()];
    }

    public override async ValueTask<ReadOnlyMemory<byte>> WriteSegmentAsync(
        IKeyHost host, bool isBase, Func<ReadOnlyMemory<byte>>? time)
    {
        var segments = new List<SegmentReader>();
        foreach (int row in isBase ? _keys.InOrder() : _keys.TouchedInOrder())
            segments.Add(new SegmentReader(_rows[row].Idle ?? await host.SnapshotAsync(BytesOf(row))));
        KeyedOperator gathered = NewOperator();
        gathered.ReadEach(segments);
        var counters = new ByteWriter();
        gathered.WriteCounters(counters);
        _counters.ReadCounters(new ByteReader(counters.WrittenMemory));
        if (isBase)
            return gathered.WriteSegment(time?.Invoke() ?? default);
        return gathered.WriteChanges(_keys.Removed
            .Where(each => _keys.Find(each.Key, each.Hash) < 0)
            .Select(each => (each.Hash, BytesOf(each.Key))));
    }

    public override void EndCapture()
    {
        _keys.EndCapture();
        NeedsBase = false;
    }

    public override void WriteCounters(ByteWriter writer)
    {
        _counters.SetCounts(LateEvents, DeadLetters);
        _counters.NextBirth = _keys.NextBirth;
        _counters.WriteCounters(writer);
    }

    public override void ReadCounters(ByteReader reader)
    {
        _counters.ReadCounters(reader);
        (LateEvents, DeadLetters) = (_counters.LateEvents, _counters.DeadLetters);
        _keys.NextBirth = _counters.NextBirth;
    }

    public override void Restore(IReadOnlyList<SegmentReader> chain, HostedTime time)
    {
        KeyedOperator whole = NewOperator();
        var counters = new ByteWriter();
        WriteCounters(counters);
        whole.ReadCounters(new ByteReader(counters.WrittenMemory));
        whole.ReadAsOf(time.Watermark, time.Clock);
        whole.Read(chain);
        whole.SetCounts(0, 0);
        NeedsBase = whole.NeedsBase;
        foreach ((ReadOnlyMemory<byte> bytes, long birth, ReadOnlyMemory<byte> state) in whole.WriteEach())
        {
            TKey key = _codec.Read(new ByteReader(bytes));
            int row = _keys.Add(key, _hasher.Hash(key), birth);
            var program = new KeyProgram(_plan, _node.Index, _group);
            program.Restore(state);
            EnsureRow(row);
            _rows[row].Idle = state;
            Take(row, program.Answer(0, 0));
        }

        _keys.EndCapture();
    }

    public override KeyProgram? LoadIdle(ReadOnlyMemory<byte> key)
    {
        var reader = new ByteReader(key);
        TKey value = _codec.Read(reader);
        if (value is null || reader.Remaining > 0)
            throw new CorruptDataException($"the bytes are no key of '{_node.Name}'");
        int row = _keys.Find(value, _hasher.Hash(value));
        if (row < 0 || _rows[row].Idle is not { } state)
            return null;
        var program = new KeyProgram(_plan, _node.Index, _group);
        program.Restore(state);
        return program;
    }

    public override KeyPage ViewKeys(long from, int limit)
    {
        var keys = new List<object>();
        foreach (int row in _keys.InOrder())
        {
            if (_keys.Birth(row) < from || !_rows[row].HasView)
                continue;
            if (keys.Count == limit)
                return new KeyPage(keys, _keys.Birth(row));
            keys.Add(_keys.Key(row));
        }

        return new KeyPage(keys, null);
    }

    private KeyedOperator NewOperator() =>
        (KeyedOperator)_node.Create(new Stage(_plan, _node.Node.Id, _group) { Capture = new OutputCapture() });

    KeyShare IKeyShares<TKey>.ShareOf(TKey key) => ShareOf(_keys.GetOrAdd(key, _hasher.Hash(key)));

    private KeyShare ShareOf(int row)
    {
        _keys.Touch(row);
        long birth = _keys.Birth(row);
        if (!_shares.TryGetValue(birth, out KeyShare? share))
            _shares.Add(birth, share = new KeyShare(row));
        return share;
    }

    // A timer that was set for a time already past waits, too, until that time moves on. Up to the clock itself: state
    // expires when that is reached; a timer of that very instant, which the clock has to pass, waits on in its key.
    private void ShareDue(HostedTime before, GroupStep last)
    {
        while (last.Clock > before.Clock && _clockTimers.TryTake(last.Clock, out DueTimer due))
            ShareOf(due.Owner);
        while (last.Watermark > before.Watermark && _eventTimers.TryTake(last.Watermark, out DueTimer due))
            ShareOf(due.Owner);
    }

    private KeyCall CallOf(KeyShare share, HostedTime time, IReadOnlyList<GroupStep> steps)
    {
        EnsureRow(share.Row);
        ref HostedKey key = ref _rows[share.Row];
        var work = new KeyWork
        {
            Watermark = time.Watermark,
            Clock = time.Clock,
            Channel = share.Channel,
            Events = share.Encode(),
            EventSteps = share.Steps,
            Marks = [.. steps.Select(step => new KeyStep(
                share.CountBefore(step.Number), step.Watermark, step.Clock, step.Number))],
        };
        return new KeyCall(
            BytesOf(share.Row), _keys.Birth(share.Row), key.Version++, key.Idle, share.Edge, work.Write());
    }

    private async ValueTask TakeAnswersAsync(
        List<(KeyShare Share, Task<KeyAnswer> Answer)> calls, List<CapturedEvent> output)
    {
        foreach ((KeyShare share, Task<KeyAnswer> pending) in calls)
        {
            KeyAnswer answer = await pending;
            CapturedEvent.ReadAll(answer.Output, _keys.Birth(share.Row), output);
            LateEvents += answer.LateEvents;
            DeadLetters += answer.DeadLetters;
            _rows[share.Row].Idle = null;
            Take(share.Row, answer);
        }

        calls.Clear();
    }

    private void Take(int row, KeyAnswer answer)
    {
        EnsureRow(row);
        ref HostedKey key = ref _rows[row];
        Move(_eventTimers, row, key.NextEventTimer, answer.NextEventTimer);
        Move(_clockTimers, row, key.NextClockTimer, answer.NextClockTimer);
        if (answer.IsEmpty)
        {
            _eventTimers.Remove(answer.NextEventTimer, row);
            _clockTimers.Remove(answer.NextClockTimer, row);
            key = default;
            _keys.Remove(row);
            return;
        }

        key.NextEventTimer = answer.NextEventTimer;
        key.NextClockTimer = answer.NextClockTimer;
        key.HasView = answer.HasView;
    }

    private static void Move(TimerQueue timers, int row, EventTime from, EventTime to)
    {
        timers.Remove(from, row);
        if (to != EventTime.MaxValue)
            timers.AddNew(to, row);
    }

    private void EnsureRow(int row)
    {
        if (row >= _rows.Length)
            Array.Resize(ref _rows, Math.Max(_rows.Length * 2, row + 1));
    }

    private ReadOnlyMemory<byte> BytesOf(int row) => BytesOf(_keys.Key(row));

    private ReadOnlyMemory<byte> BytesOf(TKey key)
    {
        var writer = new ByteWriter();
        _codec.Write(writer, in key);
        return writer.WrittenMemory;
    }

    private struct HostedKey
    {
        public long Version;
        public bool HasView;
        public EventTime NextEventTimer;
        public EventTime NextClockTimer;

        // What the key begins with when it is first called; until that is answered, it is read from here.
        public ReadOnlyMemory<byte>? Idle;
    }
}
