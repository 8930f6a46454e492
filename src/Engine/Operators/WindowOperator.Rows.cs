namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <content>The panes of a key as bytes, for people to look at, and as a view shows them.</content>
internal sealed partial class WindowOperator<TKey, TIn, TOut>
{
    private readonly List<(WindowTable<TKey, TIn, TOut> Table, int Pane)> _panesOfKey = [];

    protected override string StateSchema => (_cells.Count == 0
        ? $"window {_contents.Schema}"
        : $"window {_contents.Schema}, {_cells.Count} cells of {_trigger.CellKind}") + (_assigner.Merges ? ", merging" : "");

    protected override void WriteSchema(ByteWriter writer) => _state.WriteHeader(writer);

    protected override void ReadSchema(ByteReader reader) => _state.ReadHeader(reader, Clock);

    protected override void AfterRead()
    {
        _state.EndRead();
        RemoveExpired();
    }

    protected override bool IsRowEmpty(int row) => _panes.First(row) < 0 && _state.IsKeyEmpty(row);

    protected override void WriteRow(int row, ByteWriter writer, RowTimers timers)
    {
        _state.WriteKey(row, writer);
        int count = 0;
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
            count++;
        writer.WriteVarint((ulong)count);
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
        {
            WritePane((_panes.Window(pane), pane), _contents, writer);
            timers.Event.WriteTagged(pane, _panes.Generation(pane), writer);
            timers.Clock.WriteTagged(pane, _panes.Generation(pane), writer);
        }
    }

    protected override void WriteOthers(SegmentWriter segment, bool isBase)
    {
        if (_tables is null)
            return;
        foreach (WindowTable<TKey, TIn, TOut> table in _tables.Open)
        {
            for (int pane = 0; pane < table.Count; pane++)
            {
                bool isNext = (isBase || table.IsTouched(pane))
                    && (!table.IsShared(pane) || _tables.IsFirst(table, pane, amongTouched: !isBase));
                if (isNext)
                    WriteKey(segment, table, pane);
            }
        }

        foreach ((TKey key, uint hash) in isBase ? [] : _tables.Removed)
            AddRemoval(segment, key, hash);
    }

    private void WriteKey(SegmentWriter segment, WindowTable<TKey, TIn, TOut> table, int pane)
    {
        if (table.IsShared(pane))
        {
            _tables!.CopyPanes(table.Key(pane), table.Hash(pane), _panesOfKey);
        }
        else
        {
            _panesOfKey.Clear();
            _panesOfKey.Add((table, pane));
        }

        BeginRecord(segment, table.Key(pane), table.Birth(pane));
        ByteWriter writer = segment.Writer;
        WriteHeld(-1, writer);
        writer.WriteVarint((ulong)_panesOfKey.Count);
        foreach ((WindowTable<TKey, TIn, TOut> of, int each) in _panesOfKey)
        {
            WritePane((of.Window, each), of.Contents, writer);
            OwnedTimers.WriteOne(of.Last, of.Sequence(each), writer);
            OwnedTimers.WriteNone(writer);
        }

        segment.EndRecord(table.Hash(pane));
    }

    private void WritePane(
        (TimeRange Window, int Number) pane, WindowContents<TKey, TIn, TOut> contents, ByteWriter writer)
    {
        writer.WriteSigned(pane.Window.Start.Milliseconds);
        writer.WriteSigned(pane.Window.End.Milliseconds);
        writer.WriteBool(!contents.IsEmpty(pane.Number));
        if (!contents.IsEmpty(pane.Number))
            contents.Write(pane.Number, writer);
        _cells.Write(pane.Number, writer);
        _state.WriteWindow(pane.Number, writer);
    }

    protected override void ReadRow(int row, ByteReader reader, RowTimers timers)
    {
        if (_tables?.Has(Keys.Key(row), Keys.Hash(row)) == true)
            throw new CorruptDataException("the segment holds the same key twice");
        int from = timers.Event.Gathered.Length;
        ReadPanes(row, reader, timers);
        bool isKept = _tables is not null && (!timers.Clock.Gathered.IsEmpty || !TryTakeOver(row, timers.Event, from));
        if (isKept)
            LeaveTables(timers.Event);
    }

    private void ReadPanes(int row, ByteReader reader, RowTimers timers)
    {
        _state.ReadKey(row, reader);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            var window = new TimeRange(new EventTime(reader.ReadSigned()), new EventTime(reader.ReadSigned()));
            if (_panes.Find(row, window) >= 0)
                throw new CorruptDataException($"the window {window} of a key is stored twice");
            int pane = _panes.Open(row, window);
            if (reader.ReadBool())
                _contents.Read(pane, reader);
            _cells.Read(pane, reader);
            _state.ReadWindow(pane, reader);
            timers.Event.Read(pane, false, reader);
            timers.Clock.Read(pane, false, reader);
        }
    }

    protected override void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state)
    {
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
        {
            windows.Add(new OpenWindow(_panes.Window(pane), Ask(pane, _contents.Describe))
            {
                State = _state.DescribeWindow(pane),
            });
        }

        state.AddRange(_state.DescribeKey(row));
        var owned = new List<StoredTimer>();
        foreach (TimeDomain domain in Enum.GetValues<TimeDomain>())
        {
            for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
            {
                TimersOf(domain).CopyOwned(pane, owned);
                timers.AddRange(owned
                    .Where(timer => timer.Tag == _panes.Generation(pane))
                    .Select(timer => new PendingTimer(timer.Time, domain, null)));
            }
        }
    }

    protected override bool InspectOther(TKey key, List<OpenWindow> windows, List<PendingTimer> timers)
    {
        if (_tables is null)
            return false;
        _tables.CopyPanes(key, HashOf(key), _panesOfKey);
        foreach ((WindowTable<TKey, TIn, TOut> table, int pane) in _panesOfKey)
        {
            windows.Add(new OpenWindow(table.Window, Ask((key, table.Window), () => table.Contents.Describe(pane))));
            timers.Add(new PendingTimer(table.Last, TimeDomain.Event, null));
        }

        return _panesOfKey.Count > 0;
    }

    protected override ViewReading? ReadView(int row)
    {
        if (View is null)
            return null;
        int newest = -1;
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
        {
            if (!_contents.IsEmpty(pane) && (newest < 0 || _panes.Window(pane).Start > _panes.Window(newest).Start))
                newest = pane;
        }

        bool kept = !View.IsEmpty(row);
        bool openIsNewer = newest >= 0 && (!kept || _panes.Window(newest).Start >= View.Window(row).Start);
        if (openIsNewer && Ask(newest, pane => _contents.Peek(pane, View)) is { } open)
            return new ViewReading(open, _panes.Window(newest), IsFinal: false, Watermark);
        if (!kept)
            return null;
        TimeRange window = View.Window(row);
        return new ViewReading(View.Encode(row), window, Now >= CleanupTime(window), Watermark);
    }

    // A query of an open window calls the user's aggregator too.
    private TAnswer Ask<TAnswer>(int pane, Func<int, TAnswer> question) =>
        Ask((Keys.Key(_panes.KeyRow(pane)), _panes.Window(pane)), () => question(pane));

    private TAnswer Ask<TAnswer>((TKey Key, TimeRange Window) pane, Func<TAnswer> question)
    {
        try
        {
            return question();
        }
        catch (Exception fault)
        {
            throw new OperatorFailedException(Call(pane.Key, pane.Window.MaxTimestamp, null), fault);
        }
    }
}
