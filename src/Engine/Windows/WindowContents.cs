namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Time;

/// <summary>What panes hold and how it becomes a result.</summary>
internal abstract class WindowContents<TKey, TIn, TOut>
    where TKey : notnull
{
    /// <summary>What the bytes of a pane mean, in words.</summary>
    public abstract string Schema { get; }

    public abstract bool IsEmpty(int pane);

    public abstract void Add(int pane, in TIn value, EventTime time);

    /// <summary>Reads ahead what panes hold, see <see cref="ReadAhead"/>.</summary>
    public virtual int Foresee(ReadOnlySpan<int> panes) => 0;

    /// <summary>Adds events that were added up before they came here.</summary>
    /// <param name="slice">A slice of partials.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="to">The one behind the last.</param>
    /// <param name="panes">Knows where each belongs.</param>
    public virtual void AddPartials(Slice slice, int from, int to, IPartialPanes<TKey> panes) =>
        throw new NotSupportedException("Events that were added up before are for windows with an accumulator only.");

    public abstract void Merge(int into, int from);

    public abstract void Clear(int pane);

    /// <summary>Clears the panes 0 to <paramref name="count"/> - 1.</summary>
    public virtual void ClearTo(int count)
    {
        for (int pane = 0; pane < count; pane++)
            Clear(pane);
    }

    /// <summary>
    /// Whether nothing is asked of a pane but to be added to and, once and at its end, for a result of its own.
    /// </summary>
    public virtual bool GivesOneResult => false;

    /// <summary>Gives the result of a pane that is not empty.</summary>
    public abstract void Emit(int pane, WindowContext<TKey, TOut> window);

    /// <summary>The window goes away.</summary>
    public virtual void Close(WindowContext<TKey, TOut> window)
    {
    }

    /// <summary>Puts what a view shows of the pane into the view's column, when the pane's contents go away.</summary>
    public abstract void KeepForView(int pane, (int Row, TimeRange Window) place, ViewColumn view);

    /// <summary>What a view shows of the pane while it is open, or null.</summary>
    public abstract ReadOnlyMemory<byte>? Peek(int pane, ViewColumn view);

    /// <summary>The contents for people to look at.</summary>
    public abstract object? Describe(int pane);

    public abstract void Write(int pane, ByteWriter writer);

    public abstract void Read(int pane, ByteReader reader);

    /// <summary>Remembers a pane before something that may fail.</summary>
    /// <returns>What <see cref="Restore"/> needs beside the bytes, or null.</returns>
    public virtual object? Keep(int pane, ByteWriter writer)
    {
        writer.WriteBool(!IsEmpty(pane));
        if (!IsEmpty(pane))
            Write(pane, writer);
        return null;
    }

    /// <summary>Brings back what <see cref="Keep"/> remembered.</summary>
    public virtual void Restore(int pane, object? kept, ByteReader reader)
    {
        Clear(pane);
        if (reader.ReadBool())
            Read(pane, reader);
    }
}

/// <summary>
/// All events of a pane in order of arrival, given to a function when it fires. A view on it shows what the function
/// emitted last.
/// </summary>
internal sealed class BufferedContents<TKey, TIn, TOut>(WindowProcess<TKey, TIn, TOut> function, Codec<TIn> codec)
    : WindowContents<TKey, TIn, TOut>
    where TKey : notnull
{
    private List<TIn>?[] _events = new List<TIn>?[16];

    public override string Schema => $"kept {codec.Schema}";

    public override bool IsEmpty(int pane) => pane >= _events.Length || _events[pane] is null;

    public override void Add(int pane, in TIn value, EventTime time) => ListOf(pane).Add(value);

    public override int Foresee(ReadOnlySpan<int> panes) => ReadAhead.Read(_events, panes);

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

    public override void Emit(int pane, WindowContext<TKey, TOut> window) => function.Process(_events[pane]!, window);

    public override void Close(WindowContext<TKey, TOut> window) => function.Clear(window);

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

    // A list is only added to until it is dropped as a whole, so its length says what it was.
    public override object? Keep(int pane, ByteWriter writer)
    {
        List<TIn>? events = IsEmpty(pane) ? null : _events[pane];
        writer.WriteVarint((ulong)(events?.Count ?? 0));
        return events;
    }

    public override void Restore(int pane, object? kept, ByteReader reader)
    {
        Clear(pane);
        int count = (int)reader.ReadVarint();
        if (kept is not List<TIn> events)
            return;
        events.RemoveRange(count, events.Count - count);
        _events[pane] = events;
    }

    private List<TIn> ListOf(int pane)
    {
        if (pane >= _events.Length)
            Array.Resize(ref _events, Math.Max(_events.Length * 2, pane + 1));
        return _events[pane] ??= [];
    }
}
