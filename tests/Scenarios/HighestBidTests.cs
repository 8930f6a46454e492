namespace Weir.Scenarios;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>
/// Query 7 over bids at the very end of windows that have exactly their highest price, which generated input hardly ever
/// has.
/// </summary>
public sealed class HighestBidTests
{
    private const long Window = 10_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ABidAtTheVeryEndOfAWindowCountsIfItHasTheHighestPrice(bool crashes)
    {
        Assert.Equal(
            ["1 at 4000 ends 10000", "3 at 10000 ends 10000", "4 at 15000 ends 20000", "6 at 20000 ends 30000"],
            Run(crashes, Bid(1, 500, 4_000), Bid(2, 400, 9_999), Bid(3, 500, 10_000), Bid(4, 900, 15_000), Bid(6, 800, 20_000)));
    }

    [Fact]
    public void OneInTheNextWindowDoesNot_NorOneWithAnotherPrice() => Assert.Equal(
        ["1 at 9999 ends 10000", "2 at 10001 ends 20000", "4 at 20000 ends 30000"],
        Run(false, Bid(1, 500, 9_999), Bid(2, 500, 10_001), Bid(3, 499, 10_000), Bid(4, 499, 20_000)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnyBidsGiveWhatTheQuerySays(bool crashes)
    {
        // Two prices, and times at, just before and just behind the ends of windows.
        var random = new Random(7);
        long[] places = [0, 1, 5_000, 9_999];
        Bid[] bids = [.. Enumerable.Range(0, 200)
            .Select(id => Bid(id, random.Next(2, 4) * 100, (random.Next(12) * Window) + places[random.Next(4)]))
            .OrderBy(bid => bid.DateTime)];
        Assert.Equal(Oracle(bids), Run(crashes, bids));
        Assert.Contains(bids, bid => bid.DateTime.Milliseconds % Window == 0 && Oracle(bids)
            .Contains(Line(bid, bid.DateTime.Milliseconds)));
    }

    // As in the published query: joined with the highest price of each window, from its start to its end, both included.
    private static string[] Oracle(Bid[] bids) =>
    [
        .. from window in bids.GroupBy(bid => (bid.DateTime.Milliseconds / Window * Window) + Window)
           let price = window.Max(bid => bid.Price)
           from bid in bids
           where bid.Price == price
               && bid.DateTime.Milliseconds >= window.Key - Window && bid.DateTime.Milliseconds <= window.Key
           select Line(bid, window.Key) into line
           orderby line
           select line,
    ];

    private static string[] Run(bool crashes, params Bid[] bids)
    {
        var run = new JobHarness(new Q07HighestBid(), new HarnessOptions { Partitions = 2, CrashBetweenSteps = crashes });
        foreach (Bid bid in bids)
            run.Send(NexmarkTopics.Events, new NexmarkEvent(null, null, bid));
        run.Seal(NexmarkTopics.Events);
        return [.. run.Read(Q07HighestBid.Results)
            .Select(each => $"{each.Auction} at {each.DateTime.Milliseconds} ends {each.WindowEnd.Milliseconds}")
            .Order()];
    }

    private static string Line(Bid bid, long end) => $"{bid.Auction} at {bid.DateTime.Milliseconds} ends {end}";

    private static Bid Bid(long auction, long price, long milliseconds) =>
        new(auction, 1, price, "channel", "url", new EventTime(milliseconds), "");
}
