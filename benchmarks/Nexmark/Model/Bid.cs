namespace Weir.Benchmarks.Nexmark.Model;

using Weir.Engine.Time;

/// <summary>An offer for a thing.</summary>
/// <param name="Auction">The id of an auction, which may come later than the bid.</param>
/// <param name="Bidder">The id of a person, plus 1000: the published generator adds the first id twice.</param>
/// <param name="Price">In cents.</param>
/// <param name="Channel">Where the bid was made.</param>
/// <param name="Url">The page that it was made on.</param>
/// <param name="DateTime">When it was made.</param>
/// <param name="Extra">Fills the bid up to its size.</param>
public sealed record Bid(
    long Auction, long Bidder, long Price, string Channel, string Url, EventTime DateTime, string Extra);
