namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Sends events to windows that add them up exactly: events of one key and slot of time that wait for the same flush go
/// as one <see cref="Partial{TKey, TAccumulator}"/>. Invariant: what the windows give is what they would give had
/// each event been sent as it is, which <see cref="KeyRouter{TKey, T}"/> does beside it.
/// </summary>
/// <remarks>
/// An event is added to an earlier one, over the steps of time between them, only while its slot has not ended by the
/// time of this stage, which the group's is never ahead of: no step between them could have closed one of its windows.
/// With the watermark at 5 s and windows of 10 s, events of a key at 7 s and 8 s and, behind a step to 9.5 s, at 9 s go
/// as one partial of the slot [0 s, 10 s) in the place of the first. Of an idle stage the group may be ahead; then, and
/// until the first step is known, events go as partials of one. Where keys seldom repeat, and from an event on that can
/// not be added, events go as they are. Source: the two phases of aggregation in Flink's SQL planner, with bundles that
/// end at a flush.
/// </remarks>
internal sealed class CombiningRouter<TKey, T, TAccumulator> : Receiver<T>, IStageEnd
    where TKey : notnull
{
    // Of so many flushes one is combined where keys seldom repeat, to see whether they do.
    private const int SampledFlushes = 16;

    // So many events that were added to another one weigh as much as one that is held: a flush then covers more of them.
    private const int MetOfWeight = 64;
    private readonly Combining<T, TAccumulator> _combining;
    private readonly Stage _stage;
    private readonly EventKey<TKey, T> _key;
    private readonly KeyHasher<TKey> _hasher;

    // What finds a partial, if that is not the stable hash.
    private readonly KeyHasher<TKey>? _quick = KeyHasher<TKey>.Quick();
    private readonly KeyRouter<TKey, T> _plain;
    private readonly PartialRouter<TKey, TAccumulator> _partials;
    private readonly RunKeys<TKey> _keys = new();
    private int[] _found = [];
    private int _one;
    private TimeRange _slot;
    private EventTime _watermark;
    private bool _isOpen;
    private bool _mayMeet;
    private bool _isPlain;
    private int _plainFlushes;
    private int _met;

    // Of the run at hand, how many events have been combined.
    private int _passed;

    public CombiningRouter(Combining<T, TAccumulator> combining, KeyEdge<TKey, T> edge, RouterSpec spec, Stage stage)
    {
        CodecRegistry codecs = stage.Plan.Codecs;
        _combining = combining;
        _stage = stage;
        _key = edge.Key;
        _hasher = KeyHasher<TKey>.For(codecs.For<TKey>());
        _plain = new KeyRouter<TKey, T>(edge, spec, stage);
        _partials = new PartialRouter<TKey, TAccumulator>(edge, spec, stage, Combining<T, TAccumulator>.CodecOf<TKey>(codecs));
    }

    public override bool TakesRuns => true;

    public override void OnEvent(in T value, EventTime time)
    {
        if (!_isPlain && time.HasValue && !_stage.IsGuarded)
        {
            try
            {
                Combine(in value, time);
                return;
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // It fails again on the event as it is, in the operator, which says what event it was.
            }
        }

        _isPlain = true;
        _plain.OnEvent(in value, time);
    }

    public override void OnRun(in Run<T> run)
    {
        if (_isPlain)
        {
            _plain.OnRun(in run);
            return;
        }

        TryCombine(in run);
        if (_passed == run.Values.Length)
            return;
        _isPlain = true;
        _plain.OnRun(run.Behind(_passed));
    }

    public void Begin() => _plain.Begin();

    public void Undo() => _plain.Undo();

    public void Announce(EventTime watermark, EventTime clock, bool idle)
    {
        _partials.Announce(watermark, clock, idle);
        _plain.Announce(watermark, clock, idle);
    }

    public void Mark(EventTime watermark, EventTime clock, bool idle)
    {
        if (idle)
            _partials.Settle();
        _mayMeet = !idle;
        _watermark = watermark;
        _slot = default;
        if (_isPlain)
        {
            _plain.Mark(watermark, clock, idle);
            _partials.Forget();
        }
        else
        {
            _partials.Mark(watermark, clock, idle);
            _plain.Forget();
        }
    }

    public void Barrier(long number)
    {
        _partials.Settle();
        if (_isPlain)
            _plain.Barrier(number);
        else
            _partials.Barrier(number);
    }

    public void Flush(IStageOutput output)
    {
        // Whoever gets fewer than two events a partial is better off without.
        if (!_isPlain && _partials.Count > _met)
            _plainFlushes = SampledFlushes;
        _met = 0;
        _partials.Settle();
        _partials.Flush(output);
        _plain.Flush(output);
        _isPlain = _plainFlushes > 0 || _stage.IsGuarded;
        if (_plainFlushes > 0)
            _plainFlushes--;
    }

    /// <summary>Combines the events of a run up to one that can not be.</summary>
    private void TryCombine(in Run<T> run)
    {
        _passed = 0;
        if (!_keys.TryTake(run.Values, _key, _quick ?? _hasher))
            return;
        try
        {
            Combine(in run);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // As with a single event.
        }

        _keys.Clear();
    }

    private void Combine(in Run<T> run)
    {
        int end = 0;
        while (_passed < run.Times.Length)
        {
            if (_passed == end)
            {
                if (!run.Times[_passed].HasValue)
                    return;
                UseSlotOf(run.Times[_passed]);
                end = EndOfSlot(in run);
            }

            if (_isOpen)
                AddToKnown(run.Values[..end]);
            if (_passed == end)
                continue;
            run.PassOffset(_passed);
            Begin(in _keys.Keys[_passed], _keys.Hashes[_passed], in run.Values[_passed], run.Times[_passed]);
            _passed++;
        }
    }

    /// <summary>Where the events of the slot end that have not passed yet.</summary>
    private int EndOfSlot(in Run<T> run)
    {
        if (run.First >= _slot.Start && run.Last < _slot.End)
            return run.Times.Length;
        int end = _passed;
        while (end < run.Times.Length && run.Times[end] >= _slot.Start && run.Times[end] < _slot.End)
            end++;
        return end;
    }

    /// <summary>
    /// Adds events of the slot that have not passed yet, up to the first whose key has no partial. All are found before
    /// any is added, so that the processor works on several at once.
    /// </summary>
    private void AddToKnown(ReadOnlySpan<T> values)
    {
        if (_found.Length < values.Length)
            _found = new int[values.Length];
        int from = _passed;
        Range left = from..values.Length;
        int found = _partials.Find(_keys.Keys[left], _keys.Hashes[left], _found);
        try
        {
            _combining.Add(_partials.Accumulators, _found.AsSpan(0, found), values[left], ref _passed);
        }
        finally
        {
            _partials.AddUp(_found.AsSpan(0, _passed - from));
            Meet(_passed - from);
        }
    }

    private void Combine(in T value, EventTime time)
    {
        TKey key = _key.Take(in value);
        uint hash = (_quick ?? _hasher).Hash(key);
        if (time < _slot.Start || time >= _slot.End)
            UseSlotOf(time);
        if (_isOpen && _partials.Find(new(in key), new(in hash), new(ref _one)) == 1)
        {
            _combining.Add(ref _partials.Accumulators[_one], in value);
            _partials.AddUp(new(in _one));
            Meet(1);
            return;
        }

        Begin(in key, hash, in value, time);
    }

    private void UseSlotOf(EventTime time)
    {
        _slot = _combining.Windows.SlotOf(time);
        _isOpen = _mayMeet && _slot.MaxTimestamp > _watermark;
        if (_isOpen)
            _partials.Use(_slot.Start);
    }

    private void Meet(int events)
    {
        _stage.Held += (_met + events) / MetOfWeight - _met / MetOfWeight;
        _met += events;
    }

    private void Begin(in TKey key, uint hash, in T value, EventTime time)
    {
        TAccumulator first = _combining.Create();
        _combining.Add(ref first, in value);
        var partial = new Partial<TKey, TAccumulator>(key, _quick is null ? hash : _hasher.Hash(key), 1, first);
        if (_isOpen)
            _partials.Begin(in partial, hash, time);
        else
            _partials.OnEvent(in partial, time);
    }
}
