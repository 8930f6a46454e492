namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What is made of the events that a window keeps.</summary>
internal abstract class KeptFunction<TKey, TIn, TOut>
    where TKey : notnull
{
    public abstract void Give(IReadOnlyList<TIn> events, in Firing<TKey, TOut> firing);

    /// <summary>What a view shows of the events, put into its column.</summary>
    public virtual void Keep(IReadOnlyList<TIn> events, (int Row, TimeRange Window) place, ViewColumn view)
    {
    }

    /// <summary>What a view shows of the events, or null.</summary>
    public virtual ReadOnlyMemory<byte>? Peek(IReadOnlyList<TIn> events, ViewColumn view) => null;
}

/// <summary>The user's function over all of them.</summary>
internal sealed class KeptProcess<TKey, TIn, TOut>(WindowProcess<TKey, TIn, TOut> function)
    : KeptFunction<TKey, TIn, TOut>
    where TKey : notnull
{
    private readonly WindowContext<TKey, TOut> _context = new();

    public override void Give(IReadOnlyList<TIn> events, in Firing<TKey, TOut> firing)
    {
        _context.Begin(in firing);
        function.Process(events, _context);
        _context.End();
    }
}

/// <summary>One result, folded anew each time because an aggregator can not take events out again.</summary>
internal sealed class KeptAggregate<TKey, TIn, TResult>(Accumulators<TIn, TResult> scratch)
    : KeptFunction<TKey, TIn, Windowed<TKey, TResult>>
    where TKey : notnull
{
    public override void Give(IReadOnlyList<TIn> events, in Firing<TKey, Windowed<TKey, TResult>> firing)
    {
        var result = new Windowed<TKey, TResult>(firing.Key, firing.Window, Fold(events));
        firing.Output.OnEvent(in result, firing.Window.MaxTimestamp);
    }

    public override void Keep(IReadOnlyList<TIn> events, (int Row, TimeRange Window) place, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Set(place.Row, place.Window, Fold(events));

    public override ReadOnlyMemory<byte>? Peek(IReadOnlyList<TIn> events, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Encode(Fold(events));

    private TResult Fold(IReadOnlyList<TIn> events)
    {
        scratch.Clear(0);
        foreach (TIn value in events)
            scratch.Add(0, in value);
        TResult result = scratch.Result(0);
        scratch.Clear(0);
        return result;
    }
}

/// <summary>
/// All events of a pane with their timestamps, in order of arrival, of which an evictor removes some when the pane
/// fires. A pane of which nothing is left gives nothing.
/// </summary>
internal sealed class EvictedContents<TKey, TIn, TOut>(
    KeptFunction<TKey, TIn, TOut> function, Evictor<TIn> evictor, Codec<TIn> codec) : WindowContents<TKey, TIn, TOut>
    where TKey : notnull
{
    private List<KeptEvent<TIn>>?[] _events = new List<KeptEvent<TIn>>?[16];

    public override string Schema => $"kept with time {codec.Schema}";

    public override bool IsEmpty(int pane) => pane >= _events.Length || _events[pane] is null;

    public override void Add(int pane, in TIn value, EventTime time) =>
        ListOf(pane).Add(new KeptEvent<TIn>(value, time));

    public override void Merge(int into, int from)
    {
        if (IsEmpty(from))
            return;
        ListOf(into).AddRange(_events[from]!);
        Clear(from);
    }

    public override void Clear(int pane)
    {
        if (pane < _events.Length)
            _events[pane] = null;
    }

    public override void Emit(int pane, in Firing<TKey, TOut> firing)
    {
        List<KeptEvent<TIn>> events = _events[pane]!;
        if (!evictor.IsAfter)
            evictor.Evict(events);
        if (events.Count > 0)
            function.Give(Values(pane), in firing);
        if (evictor.IsAfter)
            evictor.Evict(events);
        if (events.Count == 0)
            _events[pane] = null;
    }

    public override void KeepForView(int pane, (int Row, TimeRange Window) place, ViewColumn view) =>
        function.Keep(Values(pane), place, view);

    public override ReadOnlyMemory<byte>? Peek(int pane, ViewColumn view) => function.Peek(Values(pane), view);

    public override object? Describe(int pane) => IsEmpty(pane) ? null : Values(pane);

    public override void Write(int pane, ByteWriter writer)
    {
        writer.WriteVarint((ulong)_events[pane]!.Count);
        foreach (KeptEvent<TIn> kept in _events[pane]!)
        {
            TIn value = kept.Value;
            codec.Write(writer, in value);
            writer.WriteSigned(kept.Time.Milliseconds);
        }
    }

    public override void Read(int pane, ByteReader reader)
    {
        int count = reader.ReadCount();
        if (count == 0)
            throw new CorruptDataException("a window that holds events holds none");
        List<KeptEvent<TIn>> events = ListOf(pane);
        for (int i = 0; i < count; i++)
            events.Add(new KeptEvent<TIn>(codec.Read(reader), new EventTime(reader.ReadSigned())));
    }

    private TIn[] Values(int pane) => [.. _events[pane]!.Select(kept => kept.Value)];

    private List<KeptEvent<TIn>> ListOf(int pane)
    {
        if (pane >= _events.Length)
            Array.Resize(ref _events, Math.Max(_events.Length * 2, pane + 1));
        return _events[pane] ??= [];
    }
}
