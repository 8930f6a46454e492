namespace Weir.Faults.Jobs;

using Weir.Connectors.Ado;
using Weir.Connectors.Files;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Nothing but a sum per account, all of whose changes go to sinks outside of Weir.</summary>
/// <param name="target">Where.</param>
public sealed class RowsJob(RowsTarget target) : StreamJob
{
    public const string JobName = "rows";

    /// <summary>The table, or folder, of all changes.</summary>
    public const string Changes = "changes";

    /// <summary>The table of the last change of each account.</summary>
    public const string Accounts = "accounts";

    public override string Name => JobName;

    public override void Define(JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        DataStream<Credited> changes = job.From(Topics.Transfers)
            .WithEventTime(transfer => transfer.At, Watermarks.Bounded(MixJob.OutOfOrder))
            .KeyBy(transfer => transfer.To)
            .Process("receive", new Receive());
        if (target.Database is { } database)
        {
            changes.To(AdoSink.Transactional<Credited>(Changes, database, Changes));
            changes.To(AdoSink.Upsert<Credited>(Accounts, database, Accounts, "to"));
        }
        else
        {
            changes.To(FileSink.Csv<Credited>(Changes, target.Place, new FileSinkOptions { RollBytes = 4096 }));
        }
    }

    private sealed class Receive : KeyedProcess<int, Transfer, Credited>
    {
        private static readonly ValueSlot<long> Balance = State.Value<long>("balance");

        public override void OnEvent(Transfer value, IKeyContext<int, Credited> key)
        {
            key.State(Balance).Value += value.Amount;
            key.Emit(new Credited(value.Id, value.To, value.Amount, key.State(Balance).Value));
        }
    }
}

/// <summary>Where the job <c>rows</c> writes.</summary>
/// <param name="Text"><c>sqlite:</c> and a file, <c>postgresql:</c> and a connection string, or <c>csv:</c> and a
/// folder.</param>
public sealed record RowsTarget(string Text)
{
    public const string Sqlite = "sqlite";
    public const string PostgreSql = "postgresql";
    public const string Csv = "csv";

    public string Kind => Text[..Text.IndexOf(':', StringComparison.Ordinal)];

    public string Place => Text[(Kind.Length + 1)..];

    /// <summary>The database, or null if it is none.</summary>
    public AdoDatabase? Database => Kind switch
    {
        Sqlite => AdoDatabase.Sqlite($"Data Source={Place};Default Timeout=5"),
        PostgreSql => AdoDatabase.PostgreSql(Place),
        _ => null,
    };
}
