namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Client;
using Weir.Connectors.Files;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Where the query that writes files writes them.</summary>
public sealed record LogDirectory(string Path);

/// <summary>A bid with the day and the minute that it belongs to.</summary>
public readonly record struct LoggedBid(
    long Auction, long Bidder, long Price, EventTime DateTime, string Extra, string Dt, string Hm);

/// <summary>
/// Query 10: all bids as CSV files, with day and minute. A file sink has no folders by value, so these two are columns;
/// files are finished by size and age.
/// </summary>
public sealed class Q10LogToFiles(LogDirectory directory) : StreamJob
{
    internal static NexmarkQuery Query => new FileQuery();

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .Select(WithMinute)
            .To(FileSink.Csv<LoggedBid>("q10-bids", directory.Path));
    }

    // Of 2026-11-29T16:04:05.678Z, the day and the minute.
    private static LoggedBid WithMinute(Bid bid)
    {
        string time = bid.DateTime.ToString();
        return new LoggedBid(
            bid.Auction, bid.Bidder, bid.Price, bid.DateTime, bid.Extra, Dt: time[..10], Hm: time[11..16]);
    }

    /// <summary>DuckDB reads the files itself. They have no stamps, so there is no latency.</summary>
    private sealed class FileQuery : NexmarkQuery
    {
        [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
        public FileQuery()
            : base("q10", "log to files", typeof(Q10LogToFiles)) => Sql = """
            SELECT auction, bidder, price, date_time, extra,
                strftime(epoch_ms(date_time), '%Y-%m-%d') AS dt, strftime(epoch_ms(date_time), '%H:%M') AS hm
            FROM bid
            """;

        public override Task CopyAsync(IWeirClient client, ResultTable table)
        {
            table.Load("""
                SELECT 0, auction, bidder, price, epoch_ms(date_time), extra, dt, hm
                FROM read_csv($files, header = true, columns = {
                    auction: 'BIGINT', bidder: 'BIGINT', price: 'BIGINT', date_time: 'TIMESTAMP', extra: 'VARCHAR',
                    dt: 'VARCHAR', hm: 'VARCHAR' })
                """);
            return Task.CompletedTask;
        }

        public override IAsyncEnumerable<Visible> ReadDelaysAsync(IWeirClient client) => AsyncEnumerable.Empty<Visible>();
    }
}
