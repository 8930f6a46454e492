namespace Weir.Benchmarks.Nexmark.Model;

using Weir.Engine.Time;

/// <summary>A thing that is offered.</summary>
/// <param name="Id">From 1000 on, without gaps.</param>
/// <param name="ItemName">What it is.</param>
/// <param name="Description">More about it.</param>
/// <param name="InitialBid">What bids begin at, in cents.</param>
/// <param name="Reserve">Below it nothing is sold, in cents.</param>
/// <param name="DateTime">When the auction begins.</param>
/// <param name="Expires">The last instant at which a bid counts.</param>
/// <param name="Seller">The id of a person, who may come later than the auction.</param>
/// <param name="Category">10 to 14.</param>
/// <param name="Extra">Fills the auction up to its size.</param>
public sealed record Auction(
    long Id,
    string ItemName,
    string Description,
    long InitialBid,
    long Reserve,
    EventTime DateTime,
    EventTime Expires,
    long Seller,
    long Category,
    string Extra);
