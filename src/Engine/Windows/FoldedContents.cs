namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>One accumulator per pane.</summary>
internal abstract class FoldedContents<TKey, TIn, TResult, TOut>(Accumulators<TIn, TResult> accumulators)
    : WindowContents<TKey, TIn, TOut>
    where TKey : notnull
{
    public override string Schema => $"folded {accumulators.Schema}";

    public override bool IsEmpty(int pane) => accumulators.IsEmpty(pane);

    public override void Add(int pane, in TIn value, EventTime time) => accumulators.Add(pane, in value);

    public override int Foresee(ReadOnlySpan<int> panes) => accumulators.Foresee(panes);

    public override void AddPartials(Slice slice, int from, int to, IPartialPanes<TKey> panes) =>
        accumulators.AddPartials(slice, from, to, panes);

    public override void Merge(int into, int from) => accumulators.Merge(into, from);

    public override void Clear(int pane) => accumulators.Clear(pane);

    public override void ClearTo(int count) => accumulators.ClearTo(count);

    public override object? Describe(int pane) => IsEmpty(pane) ? null : accumulators.Result(pane);

    public override void Write(int pane, ByteWriter writer) => accumulators.Write(pane, writer);

    public override void Read(int pane, ByteReader reader) => accumulators.Read(pane, reader);

    protected TResult Result(int pane) => accumulators.Result(pane);
}

/// <summary>The result is one <see cref="Windowed{TKey, TValue}"/>.</summary>
internal sealed class AggregatedContents<TKey, TIn, TResult>(Accumulators<TIn, TResult> accumulators)
    : FoldedContents<TKey, TIn, TResult, Windowed<TKey, TResult>>(accumulators)
    where TKey : notnull
{
    public override bool GivesOneResult => true;

    public override void Emit(int pane, WindowContext<TKey, Windowed<TKey, TResult>> window) =>
        window.Emit(new Windowed<TKey, TResult>(window.Key, window.Window, Result(pane)));

    public override void KeepForView(int pane, (int Row, TimeRange Window) place, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Set(place.Row, place.Window, Result(pane));

    public override ReadOnlyMemory<byte>? Peek(int pane, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Encode(Result(pane));
}

/// <summary>
/// A function gets the result as the only item of a list. A view on it shows what the function emitted last.
/// </summary>
internal sealed class ConcludedContents<TKey, TIn, TResult, TOut>(
    Accumulators<TIn, TResult> accumulators, WindowProcess<TKey, TResult, TOut> function)
    : FoldedContents<TKey, TIn, TResult, TOut>(accumulators)
    where TKey : notnull
{
    private readonly TResult[] _only = new TResult[1];

    public override void Emit(int pane, WindowContext<TKey, TOut> window)
    {
        _only[0] = Result(pane);
        function.Process(_only, window);
        _only[0] = default!;
    }

    public override void Close(WindowContext<TKey, TOut> window) => function.Clear(window);

    public override void KeepForView(int pane, (int Row, TimeRange Window) place, ViewColumn view)
    {
        // What the function emitted is in the column already; an unfired accumulator has no result to show.
    }

    public override ReadOnlyMemory<byte>? Peek(int pane, ViewColumn view) => null;
}
