namespace Weir.Faults.Silos;

using System.Globalization;

/// <summary>What a stored thing does to the next calls, instead of working.</summary>
public enum Trouble
{
    /// <summary>It works.</summary>
    None,

    /// <summary>It works, and answers late.</summary>
    Late,

    /// <summary>It works, and the answer is lost: the caller is told that it is unavailable.</summary>
    Lost,

    /// <summary>It does nothing, and says that it is unavailable.</summary>
    Refused,

    /// <summary>It does nothing, and says that there is no room.</summary>
    Full,
}

/// <summary>
/// The faults that a silo has been told to have, by lines of its standard input:
/// <c>log late 5 300</c> (the next 5 appends, 300 ms), <c>log lost 3</c>, <c>store full 4</c>, <c>clock -3600</c>
/// (seconds), <c>log none</c>. Thread-safe.
/// </summary>
internal sealed class FaultSwitches
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Setting> _settings = [];
    private readonly Dictionary<string, int> _met = [];
    private long _clockOffset;

    /// <summary>How far the clock is off.</summary>
    public TimeSpan ClockOffset => new(Interlocked.Read(ref _clockOffset));

    /// <summary>What to do to this call of a thing, and how many calls have been troubled since the last command.
    /// </summary>
    public (Trouble Trouble, TimeSpan Delay) Next(string thing)
    {
        lock (_gate)
        {
            if (!_settings.TryGetValue(thing, out Setting? setting) || setting.Left == 0)
                return (Trouble.None, TimeSpan.Zero);
            setting.Left--;
            setting.Done++;
            return (setting.Trouble, setting.Delay);
        }
    }

    /// <summary>Counts a trouble that nobody had ordered; <c>met full</c> asks how often.</summary>
    public void Meet(string trouble)
    {
        lock (_gate)
            _met[trouble] = _met.GetValueOrDefault(trouble) + 1;
    }

    /// <summary>Obeys a line and gives the answer to it.</summary>
    public string Obey(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["clock", var seconds]:
                Interlocked.Exchange(
                    ref _clockOffset,
                    TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)).Ticks);
                return "ok";
            case ["done", var thing]:
                lock (_gate)
                    return $"{(_settings.TryGetValue(thing, out Setting? setting) ? setting.Done : 0)}";
            case ["met", var trouble]:
                lock (_gate)
                    return $"{_met.GetValueOrDefault(trouble)}";
            case [var thing, var trouble, .. var numbers]:
                Set(thing, Enum.Parse<Trouble>(trouble, ignoreCase: true), numbers);
                return "ok";
            default:
                return $"error: '{line}' is no command";
        }
    }

    private void Set(string thing, Trouble trouble, string[] numbers)
    {
        int Number(int index, int fallback) => index < numbers.Length
            ? int.Parse(numbers[index], CultureInfo.InvariantCulture)
            : fallback;
        lock (_gate)
        {
            int done = _settings.TryGetValue(thing, out Setting? before) ? before.Done : 0;
            _settings[thing] = new Setting
            {
                Trouble = trouble,
                Left = trouble == Trouble.None ? 0 : Number(0, int.MaxValue),
                Delay = TimeSpan.FromMilliseconds(Number(1, 200)),
                Done = done,
            };
        }
    }

    private sealed class Setting
    {
        public Trouble Trouble { get; init; }

        public int Left { get; set; }

        public TimeSpan Delay { get; init; }

        public int Done { get; set; }
    }
}
