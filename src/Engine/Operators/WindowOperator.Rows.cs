namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <content>The panes of a key as bytes, for people to look at, and as a view shows them.</content>
internal sealed partial class WindowOperator<TKey, TIn, TOut>
{
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
            TimeRange window = _panes.Window(pane);
            writer.WriteSigned(window.Start.Milliseconds);
            writer.WriteSigned(window.End.Milliseconds);
            writer.WriteBool(!_contents.IsEmpty(pane));
            if (!_contents.IsEmpty(pane))
                _contents.Write(pane, writer);
            _cells.Write(pane, writer);
            _state.WriteWindow(pane, writer);
            timers.Event.WriteTagged(pane, _panes.Generation(pane), writer);
            timers.Clock.WriteTagged(pane, _panes.Generation(pane), writer);
        }
    }

    protected override void ReadRow(int row, ByteReader reader, RowTimers timers)
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
    private TAnswer Ask<TAnswer>(int pane, Func<int, TAnswer> question)
    {
        try
        {
            return question(pane);
        }
        catch (Exception fault)
        {
            TKey key = Keys.Key(_panes.KeyRow(pane));
            throw new OperatorFailedException(Call(key, _panes.Window(pane).MaxTimestamp, null), fault);
        }
    }
}
