namespace Weir.Benchmarks.Nexmark.Queries;

/// <summary>
/// All queries: 0 to 5 and 7 to 22. Query 6 is left out, as it is in the published suite, which can not run it.
/// </summary>
internal static class QueryList
{
    public static IReadOnlyList<NexmarkQuery> All { get; } =
    [
        Q00PassThrough.Query, Q01Currency.Query, Q02Selection.Query, Q03LocalItems.Query, Q04AveragePrice.Query,
        Q05HotItems.Query, Q07HighestBid.Query, Q08NewUsers.Query, Q09WinningBids.Query, Q10LogToFiles.Query,
        Q11UserSessions.Query, Q12ProcessingTime.Query, Q13SideInput.Query, Q14Calculation.Query,
        Q15BiddingStatistics.Query, Q16ChannelStatistics.Query, Q17AuctionStatistics.Query, Q18LastBid.Query,
        Q19TopBids.Query, Q20ExpandBid.Query, Q21ChannelId.Query, Q22UrlDirectories.Query,
    ];

    /// <summary>The query of a name, or null.</summary>
    public static NexmarkQuery? Find(string name) => All.FirstOrDefault(query => query.Name == name);
}
