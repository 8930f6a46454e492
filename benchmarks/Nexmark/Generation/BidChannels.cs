namespace Weir.Benchmarks.Nexmark.Generation;

/// <summary>
/// Where bids are made: half of them in four well-known places, the others in one of 10 000. A place has one url; nine in
/// ten of the 10 000 name themselves in it.
/// </summary>
internal sealed class BidChannels
{
    private const int Count = 10_000;
    private static readonly string[] Known = ["Google", "Facebook", "Baidu", "Apple"];
    private readonly string[] _knownUrls;
    private readonly (string Channel, string Url)[] _others = new (string, string)[Count];

    public BidChannels(ulong seed)
    {
        var random = new EventRandom(seed, -1);
        _knownUrls = new string[Known.Length];
        for (int i = 0; i < Known.Length; i++)
            _knownUrls[i] = Url(ref random);
        for (int i = 0; i < Count; i++)
        {
            string url = Url(ref random);
            if (random.Below(10) > 0)
                url += $"&channel_id={Math.Abs((long)Reverse(i))}";
            _others[i] = ($"channel-{i}", url);
        }
    }

    public (string Channel, string Url) Next(ref EventRandom random)
    {
        if (random.Below(2) == 0)
            return _others[random.Below(Count)];
        long known = random.Below(Known.Length);
        return (Known[known], _knownUrls[known]);
    }

    private static string Url(ref EventRandom random)
    {
        string first = RandomText.Words(ref random, 5, '_');
        string second = RandomText.Words(ref random, 5, '_');
        string third = RandomText.Words(ref random, 5, '_');
        return $"https://www.nexmark.com/{first}/{second}/{third}/item.htm?query=1";
    }

    private static int Reverse(int value)
    {
        uint bits = (uint)value;
        uint reversed = 0;
        for (int i = 0; i < 32; i++, bits >>= 1)
            reversed = (reversed << 1) | (bits & 1);
        return (int)reversed;
    }
}
