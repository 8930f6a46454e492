namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A pane that gives its result: whose, and where to.</summary>
internal readonly record struct Firing<TKey, TOut>(
    TKey Key, TimeRange Window, KeyedOperator Operator, Receiver<TOut> Output, Action<TOut>? Shown);

/// <summary>What panes hold and how it becomes a result.</summary>
internal abstract class WindowContents<TKey, TIn, TOut>
    where TKey : notnull
{
    /// <summary>What the bytes of a pane mean, in words.</summary>
    public abstract string Schema { get; }

    public abstract bool IsEmpty(int pane);

    public abstract void Add(int pane, in TIn value, EventTime time);

    public abstract void Merge(int into, int from);

    public abstract void Clear(int pane);

    public abstract void Emit(int pane, in Firing<TKey, TOut> firing);

    /// <summary>Puts what a view shows of the pane into the view's column, when the pane goes away.</summary>
    public abstract void KeepForView(int pane, (int Row, TimeRange Window) place, ViewColumn view);

    /// <summary>What a view shows of the pane while it is open, or null.</summary>
    public abstract ReadOnlyMemory<byte>? Peek(int pane, ViewColumn view);

    /// <summary>The contents for people to look at.</summary>
    public abstract object? Describe(int pane);

    public abstract void Write(int pane, ByteWriter writer);

    public abstract void Read(int pane, ByteReader reader);
}

/// <summary>One accumulator per pane; the result is one <see cref="Windowed{TKey, TValue}"/>.</summary>
internal sealed class AggregatedContents<TKey, TIn, TResult>(Accumulators<TIn, TResult> accumulators)
    : WindowContents<TKey, TIn, Windowed<TKey, TResult>>
    where TKey : notnull
{
    public override string Schema => $"folded {accumulators.Schema}";

    public override bool IsEmpty(int pane) => accumulators.IsEmpty(pane);

    public override void Add(int pane, in TIn value, EventTime time) => accumulators.Add(pane, in value);

    public override void Merge(int into, int from) => accumulators.Merge(into, from);

    public override void Clear(int pane) => accumulators.Clear(pane);

    public override void Emit(int pane, in Firing<TKey, Windowed<TKey, TResult>> firing)
    {
        var result = new Windowed<TKey, TResult>(firing.Key, firing.Window, accumulators.Result(pane));
        firing.Output.OnEvent(in result, firing.Window.MaxTimestamp);
    }

    public override void KeepForView(int pane, (int Row, TimeRange Window) place, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Set(place.Row, place.Window, accumulators.Result(pane));

    public override ReadOnlyMemory<byte>? Peek(int pane, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Encode(accumulators.Result(pane));

    public override object? Describe(int pane) => IsEmpty(pane) ? null : accumulators.Result(pane);

    public override void Write(int pane, ByteWriter writer) => accumulators.Write(pane, writer);

    public override void Read(int pane, ByteReader reader) => accumulators.Read(pane, reader);
}

/// <summary>
/// All events of a pane in order of arrival, given to a function when it fires. A view on it shows what the function
/// emitted last.
/// </summary>
internal sealed class BufferedContents<TKey, TIn, TOut>(WindowProcess<TKey, TIn, TOut> function, Codec<TIn> codec)
    : WindowContents<TKey, TIn, TOut>
    where TKey : notnull
{
    private readonly WindowContext<TKey, TOut> _context = new();
    private List<TIn>?[] _events = new List<TIn>?[16];

    public override string Schema => $"kept {codec.Schema}";

    public override bool IsEmpty(int pane) => pane >= _events.Length || _events[pane] is null;

    public override void Add(int pane, in TIn value, EventTime time) => ListOf(pane).Add(value);

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
        _context.Begin(in firing);
        function.Process(_events[pane]!, _context);
        _context.End();
    }

    public override void KeepForView(int pane, (int Row, TimeRange Window) place, ViewColumn view)
    {
        // What the function emitted is in the column already; unfired events have no result to show.
    }

    public override ReadOnlyMemory<byte>? Peek(int pane, ViewColumn view) => null;

    public override object? Describe(int pane) => IsEmpty(pane) ? null : _events[pane]!.ToArray();

    public override void Write(int pane, ByteWriter writer)
    {
        writer.WriteVarint((ulong)_events[pane]!.Count);
        foreach (TIn value in _events[pane]!)
            codec.Write(writer, in value);
    }

    public override void Read(int pane, ByteReader reader)
    {
        int count = reader.ReadCount(0);
        if (count == 0)
            throw new CorruptDataException("a window that holds events holds none");
        List<TIn> events = ListOf(pane);
        for (int i = 0; i < count; i++)
            events.Add(codec.Read(reader));
    }

    private List<TIn> ListOf(int pane)
    {
        if (pane >= _events.Length)
            Array.Resize(ref _events, Math.Max(_events.Length * 2, pane + 1));
        return _events[pane] ??= [];
    }
}
