namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>The kinds of windows that the model knows; of the sessions, one has a gap that is the event's value.</summary>
public enum WindowKind
{
    Tumbling,
    Sliding,
    Session,
    SessionByValue,
    Global,
}

/// <summary>The kinds of triggers that the model knows.</summary>
public enum TriggerKind
{
    EventTime,
    ProcessingTime,
    Count,
    ContinuousEventTime,
    ContinuousProcessingTime,
    Never,
}

/// <summary>The kinds of evictors that the model knows.</summary>
public enum EvictorKind
{
    None,
    Count,
    Time,
    Delta,
}

/// <summary>A window operator in numbers, for the engine and for the model alike.</summary>
public sealed record WindowSetting(WindowKind Kind, int Size, int Slide, bool ByClock)
{
    public TriggerKind Trigger { get; init; }

    public int Interval { get; init; } = 1;

    public bool Purging { get; init; }

    public EvictorKind Evictor { get; init; }

    public int Limit { get; init; } = 1;

    public bool EvictAfter { get; init; }

    public int Lateness { get; init; }

    public bool IsEventTime => !ByClock && Kind != WindowKind.Global;

    public bool Merges => Kind is WindowKind.Session or WindowKind.SessionByValue;

    public WindowSpec ToSpec()
    {
        WindowSpec spec = Kind switch
        {
            WindowKind.Tumbling when ByClock => Windows.TumblingProcessingTime(Ms(Size)),
            WindowKind.Tumbling => Windows.Tumbling(Ms(Size)),
            WindowKind.Sliding when ByClock => Windows.SlidingProcessingTime(Ms(Size), Ms(Slide)),
            WindowKind.Sliding => Windows.Sliding(Ms(Size), Ms(Slide)),
            WindowKind.Session when ByClock => Windows.SessionProcessingTime(Ms(Size)),
            WindowKind.Session => Windows.Session(Ms(Size)),
            WindowKind.SessionByValue when ByClock => Windows.SessionProcessingTime<Reading>(each => Ms(each.Value)),
            WindowKind.SessionByValue => Windows.Session<Reading>(each => Ms(each.Value)),
            _ => Windows.Global(),
        };
        return IsEventTime ? spec.AllowLateness(Ms(Lateness)) : spec;
    }

    public Trigger ToTrigger()
    {
        Trigger trigger = Trigger switch
        {
            TriggerKind.EventTime => Triggers.EventTime,
            TriggerKind.ProcessingTime => Triggers.ProcessingTime,
            TriggerKind.Count => Triggers.Count(Interval),
            TriggerKind.ContinuousEventTime => Triggers.ContinuousEventTime(Ms(Interval)),
            TriggerKind.ContinuousProcessingTime => Triggers.ContinuousProcessingTime(Ms(Interval)),
            _ => Triggers.Never,
        };
        return Purging ? Triggers.Purging(trigger) : trigger;
    }

    public Evictor<Reading>? ToEvictor()
    {
        Evictor<Reading>? evictor = Evictor switch
        {
            EvictorKind.Count => Evictors.Count<Reading>(Limit),
            EvictorKind.Time => Evictors.Time<Reading>(Ms(Limit)),
            EvictorKind.Delta => Evictors.Delta<Reading>(Limit - 1, (each, last) => last.Value - each.Value),
            _ => null,
        };
        return EvictAfter ? evictor?.After() : evictor;
    }
}

/// <summary>
/// Windows as the rules say it, one list of windows per key and one set of timers per window, without a thought for
/// speed: what the engine's operator must agree with.
/// </summary>
public sealed class WindowModel(WindowSetting setting)
{
    private readonly SortedDictionary<string, List<Pane>> _keys = new(StringComparer.Ordinal);
    private readonly List<string> _output = [];
    private long _watermark = long.MinValue;
    private long _clock;

    public int Late { get; private set; }

    public int OpenKeys => _keys.Count(key => key.Value.Count > 0);

    /// <summary>Plays a row; the lines that come out are in no particular order.</summary>
    public string[] Play(in Row row)
    {
        _output.Clear();
        if (row.Event is { } reading)
            OnEvent(reading);
        if (row.Watermark > _watermark)
            Fire(isEvent: true, _watermark = row.Watermark.Value);
        if (row.Clock > _clock)
            Fire(isEvent: false, _clock = row.Clock.Value);
        return [.. _output];
    }

    private void OnEvent(Reading reading)
    {
        if (!_keys.TryGetValue(reading.Key, out List<Pane>? panes))
            _keys.Add(reading.Key, panes = []);
        bool accepted = false;
        bool assigned = false;
        foreach ((long start, long end) in Assigned(reading, setting.ByClock ? _clock : reading.At))
        {
            assigned = true;
            Pane? pane = setting.Merges ? Session(panes, start, end) : panes.Find(each => each.Start == start);
            if (pane is null)
            {
                pane = new Pane { Key = reading.Key, Start = start, End = end };
                if (setting.IsEventTime && Cleanup(pane) <= _watermark)
                    continue;
                panes.Add(pane);
            }

            accepted = true;
            pane.Items.Add(reading);
            Act(pane, OnItem(pane, reading.At));
            if (Cleanup(pane) != long.MaxValue)
                pane.Timers.Add((setting.IsEventTime, Cleanup(pane)));
        }

        bool isPast = assigned || reading.At + setting.Lateness <= _watermark;
        if (!accepted && setting.IsEventTime && isPast)
            Late++;
    }

    private IEnumerable<(long Start, long End)> Assigned(Reading reading, long at) => setting.Kind switch
    {
        WindowKind.Tumbling => Starting(at, setting.Size),
        WindowKind.Sliding => Starting(at, setting.Slide),
        WindowKind.Session => [(at, at + setting.Size)],
        WindowKind.SessionByValue => [(at, at + reading.Value)],
        _ => [(long.MinValue, long.MaxValue)],
    };

    // Every multiple of the step is tried.
    private IEnumerable<(long Start, long End)> Starting(long at, int step) =>
        from multiple in Enumerable.Range(-200, 400)
        let start = (long)multiple * step
        where start <= at && at < start + setting.Size
        select (start, start + setting.Size);

    private Pane? Session(List<Pane> panes, long start, long end)
    {
        List<Pane> touching = panes.FindAll(pane => pane.Start <= end && pane.End >= start);
        if (touching.Count == 0)
            return null;
        var whole = new Pane
        {
            Key = touching[0].Key,
            Start = Math.Min(start, touching.Min(pane => pane.Start)),
            End = Math.Max(end, touching.Max(pane => pane.End)),
        };
        if (touching is [var only] && only.Start == whole.Start && only.End == whole.End)
            return only;
        whole.Items.AddRange(touching.SelectMany(pane => pane.Items));
        whole.Count = touching.Sum(pane => pane.Count);
        whole.Next = touching.Min(pane => pane.Next);
        if (setting.Trigger == TriggerKind.EventTime && whole.Last > _watermark)
            whole.Timers.Add((true, whole.Last));
        if (setting.Trigger == TriggerKind.ProcessingTime && whole.Last > _clock)
            whole.Timers.Add((false, whole.Last));
        if (whole.Next is { } next)
            whole.Timers.Add((setting.Trigger == TriggerKind.ContinuousEventTime, next));
        panes[panes.IndexOf(touching[0])] = whole;
        panes.RemoveAll(touching.Contains);
        return whole;
    }

    private void Fire(bool isEvent, long now)
    {
        while (true)
        {
            var due = _keys.Values.SelectMany(panes => panes)
                .SelectMany(pane => pane.Timers.Select(timer => (Pane: pane, timer.IsEvent, timer.Time)))
                .Where(each => each.IsEvent == isEvent && each.Time <= now)
                .OrderBy(each => each.Time)
                .ToArray();
            if (due.Length == 0)
                return;
            (Pane pane, _, long time) = due[0];
            pane.Timers.Remove((isEvent, time));
            Act(pane, OnTimer(pane, isEvent, time));
            if (isEvent == setting.IsEventTime && setting.Kind != WindowKind.Global && time == Cleanup(pane))
                _keys[pane.Key].Remove(pane);
        }
    }

    private bool OnItem(Pane pane, long time)
    {
        switch (setting.Trigger)
        {
            case TriggerKind.EventTime or TriggerKind.ContinuousEventTime when pane.Last <= _watermark:
                return true;
            case TriggerKind.EventTime:
                pane.Timers.Add((true, pane.Last));
                return false;
            case TriggerKind.ProcessingTime:
                pane.Timers.Add((false, pane.Last));
                return false;
            case TriggerKind.Count when pane.Count + 1 >= setting.Interval:
                pane.Count = 0;
                return true;
            case TriggerKind.Count:
                pane.Count++;
                return false;
            case TriggerKind.ContinuousEventTime:
                pane.Timers.Add((true, pane.Last));
                if (pane.Next is null)
                    Arm(pane, isEvent: true, time - (time % setting.Interval));
                return false;
            case TriggerKind.ContinuousProcessingTime:
                if (pane.Next is null)
                    Arm(pane, isEvent: false, _clock - (_clock % setting.Interval));
                return false;
            default:
                return false;
        }
    }

    private bool OnTimer(Pane pane, bool isEvent, long time)
    {
        switch (setting.Trigger)
        {
            case TriggerKind.EventTime:
                return isEvent && time == pane.Last;
            case TriggerKind.ProcessingTime:
                return !isEvent;
            case TriggerKind.ContinuousEventTime when isEvent && time == pane.Last:
                return true;
            case TriggerKind.ContinuousEventTime when isEvent && time == pane.Next:
                Arm(pane, isEvent: true, time);
                return true;
            case TriggerKind.ContinuousProcessingTime when !isEvent && time == pane.Next:
                pane.Next = null;
                if (time < pane.Last)
                    Arm(pane, isEvent: false, time);
                return true;
            default:
                return false;
        }
    }

    private void Arm(Pane pane, bool isEvent, long from)
    {
        pane.Next = Math.Min(from + setting.Interval, pane.Last);
        pane.Timers.Add((isEvent, pane.Next.Value));
    }

    private void Act(Pane pane, bool fires)
    {
        if (!fires)
            return;
        if (pane.Items.Count > 0)
        {
            if (!setting.EvictAfter)
                Evict(pane.Items);
            string values = string.Join(',', pane.Items.Select(item => item.Value).Order());
            _output.Add($"{pane.Key} [{pane.Start},{pane.End}) {values}");
            if (setting.EvictAfter)
                Evict(pane.Items);
        }

        if (setting.Purging)
            pane.Items.Clear();
    }

    private void Evict(List<Reading> items)
    {
        if (items.Count == 0)
            return;
        long highest = items.Max(item => item.At);
        long last = items[^1].Value;
        List<Reading> left = setting.Evictor switch
        {
            EvictorKind.Count => items.TakeLast(setting.Limit).ToList(),
            EvictorKind.Time => items.FindAll(item => item.At > highest - setting.Limit),
            EvictorKind.Delta => items.FindAll(item => last - item.Value < setting.Limit - 1),
            _ => [.. items],
        };
        items.Clear();
        items.AddRange(left);
    }

    private long Cleanup(Pane pane) =>
        pane.Last == long.MaxValue ? long.MaxValue : pane.Last + (setting.IsEventTime ? setting.Lateness : 0);

    private sealed class Pane
    {
        public required string Key { get; init; }

        public required long Start { get; init; }

        public required long End { get; init; }

        public long Last => End == long.MaxValue ? End : End - 1;

        public List<Reading> Items { get; } = [];

        public HashSet<(bool IsEvent, long Time)> Timers { get; } = [];

        public long Count { get; set; }

        public long? Next { get; set; }
    }
}
