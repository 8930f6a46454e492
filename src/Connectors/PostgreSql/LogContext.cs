namespace Weir.Connectors.PostgreSql;

using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>What the parts of a log share.</summary>
internal sealed record LogContext(
    PostgreSqlEventLogOptions Options,
    WeirDatabase Database,
    TopicCatalog Catalog,
    LogTails Tails,
    AppendWatchers Watchers)
{
    /// <summary>This process, as others are told.</summary>
    public string Sender { get; } = Guid.NewGuid().ToString("N");

    public LogTransactionSettings Transactions(ChunkEncoder? encoder = null) =>
        new(Options.TimeProvider, encoder ?? new ChunkEncoder(static _ => 0), Options.Schema, Sender);

    /// <summary>Notes what a transaction has committed, before anyone is answered: who appended may read it at once.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="moment">Before it was committed.</param>
    public void Note(LogTransaction transaction, long moment)
    {
        foreach (PartitionRow row in transaction.Changed)
            Tails.Confirm(row.Id, row.Next, moment);
    }

    /// <summary>Tells the watchers of this process.</summary>
    public async ValueTask TellAsync(LogTransaction transaction)
    {
        foreach (PartitionRow row in transaction.Changed)
        {
            if (Tails.Learn(row.Id, row.Next) && await Catalog.NameOfAsync(row.Id) is { } name)
                Watchers.Notify(name, row.Next);
        }
    }
}
