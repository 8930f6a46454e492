namespace Weir.Benchmarks.Nexmark.Model;

using Weir.Engine.Time;

/// <summary>An event of the one stream that there is: a person, an auction or a bid; the other two are null.</summary>
/// <param name="Person">The person, or null.</param>
/// <param name="Auction">The auction, or null.</param>
/// <param name="Bid">The bid, or null.</param>
public readonly record struct NexmarkEvent(Person? Person, Auction? Auction, Bid? Bid)
{
    /// <summary>The time of whatever it is.</summary>
    public EventTime At => Bid?.DateTime ?? Auction?.DateTime ?? Person?.DateTime ?? EventTime.None;

    /// <summary>The person who bids, offers or registers.</summary>
    public long Actor => Bid?.Bidder ?? Auction?.Seller ?? Person?.Id ?? 0;
}
