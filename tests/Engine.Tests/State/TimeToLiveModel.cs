namespace Weir.Engine.Tests.State;

using Weir.Engine.State;

/// <summary>
/// One state of one key by brute force: elements with the time of their last update, all looked at in every step. A
/// value, a reduced value and an aggregate have one element at most, whose name is 0.
/// </summary>
internal sealed class TimeToLiveModel(long life, TimeToLive options)
{
    private readonly List<Element> _elements = [];

    public long Now { get; set; }

    public bool IsEmpty => _elements.Count == 0;

    public IEnumerable<string> Living => _elements.Where(IsLive).Select(each => each.ToString());

    private bool Shows => options.Visibility == ExpiredVisibility.ReturnExpiredIfNotCleanedUp;

    public void Tick(long now)
    {
        Now = now;
        if (options.Cleanup)
            _elements.RemoveAll(each => !IsLive(each));
    }

    public void Add(long value) => _elements.Add(new Element(0, value, Now));

    public void Clear() => _elements.Clear();

    public void Set(long name, long value)
    {
        int at = _elements.FindIndex(each => each.Name == name);
        if (at >= 0 && IsLive(_elements[at]))
        {
            _elements[at] = new Element(name, value, Now);
            return;
        }

        _elements.RemoveAll(each => each.Name == name);
        _elements.Add(new Element(name, value, Now));
    }

    public void Fold(long value) => Set(0, _elements.Where(IsLive).Sum(each => each.Value) + value);

    /// <summary>Reads all elements, or those of one name.</summary>
    public string Read(long? name = null)
    {
        Element[] read = [.. _elements.Where(each => name is null || each.Name == name)];
        string seen = string.Join(',', read.Where(each => Shows || IsLive(each)));
        foreach (Element each in read)
            Renew(each, keeps: false);
        return seen;
    }

    public bool Has(long name)
    {
        Element? found = _elements.FirstOrDefault(each => each.Name == name);
        if (found is null)
            return false;
        bool seen = Shows || IsLive(found);
        Renew(found, keeps: Shows);
        return seen;
    }

    public bool Remove(long name)
    {
        bool seen = _elements.Any(each => each.Name == name && (Shows || IsLive(each)));
        _elements.RemoveAll(each => each.Name == name);
        return seen;
    }

    public int Count()
    {
        if (!Shows)
            _elements.RemoveAll(each => !IsLive(each));
        return _elements.Count;
    }

    private bool IsLive(Element each) => Now - each.Updated < life;

    private void Renew(Element each, bool keeps)
    {
        if (!IsLive(each) && !keeps)
            _elements.Remove(each);
        else if (IsLive(each) && options.Update == TimeToLiveUpdate.OnReadAndWrite)
            each.Updated = Now;
    }

    private sealed class Element(long name, long value, long updated)
    {
        public long Name => name;

        public long Value => value;

        public long Updated { get; set; } = updated;

        public override string ToString() => $"{name}:{value}";
    }
}
