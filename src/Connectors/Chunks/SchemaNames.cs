namespace Weir.Connectors.Chunks;

using Weir.Protocol.Logs;

/// <summary>
/// The names of event types under the numbers that chunks use for them; 0 is the empty name. Invariant: a number never
/// changes its name. The writer adds, before the chunk that uses it is committed; any thread looks up.
/// </summary>
internal sealed class SchemaNames
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal) { [""] = 0 };
    private volatile string[] _names = [""];
    private string _lastName = "";
    private int _lastNumber;

    public int NextNumber => _names.Length;

    /// <summary>Writer only. Forgets what was not committed; readers that hold this object see only numbers that were.
    /// </summary>
    public void Load(IEnumerable<string> names)
    {
        string[] all = ["", .. names];
        _numbers.Clear();
        for (int number = 0; number < all.Length; number++)
            _numbers.Add(all[number], number);
        _lastName = "";
        _lastNumber = 0;
        _names = all;
    }

    /// <summary>Writer only. Batches of one call mostly share one string, which is found by reference.</summary>
    public bool TryGetNumber(string name, out int number)
    {
        if (ReferenceEquals(name, _lastName))
        {
            number = _lastNumber;
            return true;
        }
        if (!_numbers.TryGetValue(name, out number))
            return false;
        _lastName = name;
        _lastNumber = number;
        return true;
    }

    /// <summary>Writer only.</summary>
    public int Add(string name)
    {
        string[] names = _names;
        _numbers.Add(name, names.Length);
        _names = [.. names, name];
        return names.Length;
    }

    public string NameOf(int number)
    {
        string[] names = _names;
        if (number < names.Length)
            return names[number];
        throw new EventLogException(
            EventLogError.Corrupt,
            $"A chunk names schema {number} but the log knows only {names.Length}; restore the log from a copy.");
    }
}
