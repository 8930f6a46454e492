namespace Weir.Benchmarks.Nexmark.Generation;

using System.Globalization;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Time;

/// <summary>
/// Makes the events of Nexmark, with the distributions of its published generator and a seed. Of 50 events the first is
/// a person, the next three are auctions, the others bids: event 103 is auction 8 and follows person 2. Invariant: an
/// event is a function of the settings and its number.
/// </summary>
public sealed class NexmarkGenerator
{
    private const int Epoch = 50;
    private const int AuctionsPerEpoch = 3;
    private const long FirstPerson = 1000;
    private const long FirstAuction = 1000;
    private const long FirstCategory = 10;
    private const int Categories = 5;
    private const int ActivePeople = 1000;
    private const int OpenAuctions = 100;

    // Ids of persons and auctions that come later are named already.
    private const int Lead = 10;
    private const int HotEvery = 100;
    private const int PersonSize = 200;
    private const int AuctionSize = 500;
    private const int BidSize = 100;

    private static readonly string[] FirstNames =
        ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];

    private static readonly string[] LastNames =
        ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];

    private static readonly string[] Cities =
    [
        "Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne",
    ];

    private static readonly string[] States = ["AZ", "CA", "ID", "OR", "WA", "WY"];

    private readonly NexmarkSettings _settings;
    private readonly BidChannels _channels;

    /// <summary>Makes events with these settings.</summary>
    public NexmarkGenerator(NexmarkSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.EventsPerSecond, 1, nameof(settings));
        _settings = settings;
        _channels = new BidChannels(settings.Seed);
    }

    /// <summary>The time of an event; it never falls.</summary>
    /// <param name="number">0 or more.</param>
    public EventTime TimeOf(long number) => _settings.Begin.Plus(number * 1000 / _settings.EventsPerSecond);

    /// <summary>The number of the first event at or after a time; 0 or more.</summary>
    public long FirstAt(EventTime time)
    {
        long since = time.Minus(_settings.Begin.Milliseconds).Milliseconds;
        return since <= 0 ? 0 : ((since * _settings.EventsPerSecond) + 999) / 1000;
    }

    /// <summary>Makes an event.</summary>
    /// <param name="number">0 or more.</param>
    public NexmarkEvent Make(long number)
    {
        var random = new EventRandom(_settings.Seed, number);
        return (number % Epoch) switch
        {
            0 => new NexmarkEvent(MakePerson(number, ref random), null, null),
            <= AuctionsPerEpoch => new NexmarkEvent(null, MakeAuction(number, ref random), null),
            _ => new NexmarkEvent(null, null, MakeBid(number, ref random)),
        };
    }

    /// <summary>
    /// The events from one number to below another in batches of about a size. A batch never ends within a
    /// millisecond, so that events of one time are in one batch and their order is that of their numbers, whatever becomes
    /// of the order of batches.
    /// </summary>
    public IEnumerable<NexmarkEvent[]> Batches(long from, long to, int size)
    {
        var batch = new List<NexmarkEvent>(size + 16);
        for (long number = from; number < to; number++)
        {
            batch.Add(Make(number));
            if (number + 1 < to && (batch.Count < size || TimeOf(number + 1) == TimeOf(number)))
                continue;
            yield return [.. batch];
            batch.Clear();
        }
    }

    private static long LastPerson(long number) => number / Epoch;

    // A person comes before the auctions of its epoch, a bid after them.
    private static long LastAuction(long number)
    {
        long place = Math.Min(number % Epoch, AuctionsPerEpoch);
        return (number / Epoch * AuctionsPerEpoch) + place - 1;
    }

    private static long AnyPerson(long number, ref EventRandom random)
    {
        long people = LastPerson(number) + 1;
        long active = Math.Min(people, ActivePeople);
        return people - active + random.Below(active + Lead);
    }

    private static long AnyAuction(long number, ref EventRandom random)
    {
        long last = LastAuction(number);
        long first = Math.Max(last - OpenAuctions, 0);
        return first + random.Below(last - first + 1 + Lead);
    }

    // From 1.00 to a million, as many between 10 and 100 as between 100 and 1000.
    private static long Price(ref EventRandom random) => (long)Math.Round(Math.Pow(10, random.Unit() * 6) * 100);

    private Person MakePerson(long number, ref EventRandom random)
    {
        string name = $"{Any(FirstNames, ref random)} {Any(LastNames, ref random)}";
        string email = $"{RandomText.Words(ref random, 7, '_')}@{RandomText.Words(ref random, 5, '_')}.com";
        string card = string.Create(
            CultureInfo.InvariantCulture,
            $"{random.Below(10_000):0000} {random.Below(10_000):0000} {random.Below(10_000):0000} {random.Below(10_000):0000}");
        string city = Any(Cities, ref random);
        string state = Any(States, ref random);
        int size = 8 + name.Length + email.Length + card.Length + city.Length + state.Length;
        string extra = RandomText.Extra(ref random, size, PersonSize);
        return new Person(
            FirstPerson + LastPerson(number), name, email, card, city, state, TimeOf(number), extra);
    }

    private Auction MakeAuction(long number, ref EventRandom random)
    {
        string item = RandomText.Words(ref random, 20, ' ');
        string description = RandomText.Words(ref random, 100, ' ');
        long initialBid = Price(ref random);
        long reserve = initialBid + Price(ref random);
        long seller = random.Below(4) > 0 ? LastPerson(number) / HotEvery * HotEvery : AnyPerson(number, ref random);
        long category = FirstCategory + random.Below(Categories);
        EventTime begin = TimeOf(number);
        string extra = RandomText.Extra(ref random, 48 + item.Length + description.Length, AuctionSize);
        return new Auction(
            FirstAuction + LastAuction(number),
            item,
            description,
            initialBid,
            reserve,
            begin,
            begin + Length(number, ref random),
            FirstPerson + seller,
            category,
            extra);
    }

    // On average as long as it takes until a hundred further auctions have begun.
    private TimeSpan Length(long number, ref EventRandom random)
    {
        EventTime horizon = TimeOf(number + ((long)OpenAuctions * Epoch / AuctionsPerEpoch));
        long mean = horizon.Minus(TimeOf(number).Milliseconds).Milliseconds;
        return TimeSpan.FromMilliseconds(1 + random.Below(Math.Max(mean * 2, 1)));
    }

    private Bid MakeBid(long number, ref EventRandom random)
    {
        long auction = random.Below(2) > 0
            ? LastAuction(number) / HotEvery * HotEvery
            : AnyAuction(number, ref random);
        long bidder = random.Below(4) > 0
            ? (LastPerson(number) / HotEvery * HotEvery) + 1
            : AnyPerson(number, ref random);
        long price = Price(ref random);
        (string channel, string url) = _channels.Next(ref random);
        return new Bid(
            FirstAuction + auction,
            FirstPerson + FirstPerson + bidder,
            price,
            channel,
            url,
            TimeOf(number),
            RandomText.Extra(ref random, 32, BidSize));
    }

    private static string Any(string[] texts, ref EventRandom random) => texts[random.Below(texts.Length)];
}
