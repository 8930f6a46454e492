namespace Weir.Connectors.Ado;

using System.Data.Common;
using Weir.Protocol.Sinks;

/// <summary>
/// What the database knows of one producer: its epoch and its next sequence. Invariant: they change only in the
/// transaction of the rows that they speak of, by whoever has the highest epoch.
/// </summary>
internal sealed class ProducerRow(AdoDatabase database, string sink, SinkProducer producer)
{
    private const string Key = "sink = @1 AND job = @2 AND lineage = @3 AND stage = @4 AND instance = @5";

    public const string Create = $"""
        CREATE TABLE IF NOT EXISTS {AdoDatabase.ProducerTable} (
            sink text NOT NULL, job text NOT NULL, lineage bigint NOT NULL, stage text NOT NULL, instance integer NOT NULL,
            epoch bigint NOT NULL, next_sequence bigint NOT NULL,
            PRIMARY KEY (sink, job, lineage, stage, instance))
        """;

    private object[] KeyValues => [sink, producer.Job, producer.Lineage, producer.Stage, producer.Instance];

    /// <summary>As messages name it.</summary>
    public string Lane => $"the lane of '{producer.Stage}' {producer.Instance} of the job '{producer.Job}' into the sink "
        + $"'{sink}' in {database.Name}";

    /// <summary>Takes the producer over for this epoch, and says where it goes on.</summary>
    public async Task<long> OpenAsync(DbTransaction transaction)
    {
        await database.ExecuteAsync(
            transaction,
            $"INSERT INTO {AdoDatabase.ProducerTable} VALUES (@1, @2, @3, @4, @5, @6, 0) ON CONFLICT DO NOTHING",
            [[.. KeyValues, producer.Epoch]]);
        long next = await LockAsync(transaction);
        await database.ExecuteAsync(
            transaction,
            $"UPDATE {AdoDatabase.ProducerTable} SET epoch = @6 WHERE {Key}",
            [[.. KeyValues, producer.Epoch]]);
        return next;
    }

    /// <summary>The next sequence; nobody else changes it before the transaction ends.</summary>
    /// <exception cref="SinkException">Fenced: a higher epoch has opened. Gap: the row is gone.</exception>
    public async Task<long> LockAsync(DbTransaction transaction)
    {
        using DbCommand select = transaction.Connection!.CreateCommand();
        select.Transaction = transaction;
#pragma warning disable CA2100 // The text is a constant but for the dialect's own words.
        select.CommandText =
            $"SELECT epoch, next_sequence FROM {AdoDatabase.ProducerTable} WHERE {Key}{database.ForUpdate}";
#pragma warning restore CA2100
        object[] values = KeyValues;
        for (int i = 0; i < values.Length; i++)
        {
            DbParameter parameter = select.CreateParameter();
            parameter.ParameterName = $"@{i + 1}";
            parameter.Value = values[i];
            select.Parameters.Add(parameter);
        }

        using DbDataReader row = await select.ExecuteReaderAsync();
        if (!await row.ReadAsync())
            throw new SinkException(
                SinkError.Gap,
                $"The row of {Lane} in the table '{AdoDatabase.ProducerTable}' is gone, and with it how much was stored; "
                + "restore it from a copy.");
        long epoch = row.GetInt64(0);
        return epoch <= producer.Epoch ? row.GetInt64(1) : throw new SinkException(
            SinkError.Fenced,
            $"Epoch {epoch} has opened {Lane}, which is above {producer.Epoch}; it has taken over, stop this one.");
    }

    public Task MoveAsync(DbTransaction transaction, long next) => database.ExecuteAsync(
        transaction,
        $"UPDATE {AdoDatabase.ProducerTable} SET next_sequence = @6 WHERE {Key}",
        [[.. KeyValues, next]]);
}
