namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Time;

/// <summary>
/// All events of a pane with their timestamps, in order of arrival, of which an evictor removes some when the pane
/// fires. A pane is empty, and does not fire, when nothing was left by the firing before; one of which the evictor
/// leaves nothing in this firing still gives the result of no events. Source: Flink's EvictingWindowOperator.
/// </summary>
internal sealed class EvictedContents<TKey, TIn, TOut>(
    KeptFunction<TKey, TIn, TOut> function, Evictor<TIn> evictor, Codec<TIn> codec) : WindowContents<TKey, TIn, TOut>
    where TKey : notnull
{
    private readonly KeptEvents<TIn> _kept = new();
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

    public override void Emit(int pane, WindowContext<TKey, TOut> window)
    {
        List<KeptEvent<TIn>> events = _events[pane]!;
        _kept.Begin(events, window);
        evictor.EvictBefore(_kept);
        function.Give(Values(pane), window);
        evictor.EvictAfter(_kept);
        if (events.Count == 0)
            _events[pane] = null;
    }

    public override void Close(WindowContext<TKey, TOut> window) => function.Close(window);

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
