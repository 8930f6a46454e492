namespace Weir.Connectors.Ado;

using System.Data.Common;
using Weir.Connectors.Sinks;
using Weir.Engine.Codecs;
using Weir.Protocol.Faults;
using Weir.Protocol.Sinks;

/// <summary>
/// The rows of one producer. Invariant: the table and the producer's next sequence change together or not at all.
/// </summary>
/// <remarks>
/// The producer's row is locked first, so that two epochs come one after the other: the older one finds the epoch of the
/// younger and is refused, or was complete before. Nothing is remembered here, so that a lane whose connection broke in
/// a commit, with an unknown outcome, goes on by repeating.
/// </remarks>
internal sealed class AdoLane<T>(AdoDatabase database, AdoTable<T> table, Codec<T> codec, ProducerRow producer)
    : ISinkLane
{
    public async ValueTask<long> OpenAsync(CancellationToken cancellation = default) => await RunAsync(
        async connection =>
        {
            await using (DbTransaction schema = await database.BeginSchemaAsync(connection))
            {
                await database.ExecuteAsync(schema, ProducerRow.Create, [[]]);
                await database.ExecuteAsync(schema, table.Create, [[]]);
                await schema.CommitAsync();
            }

            await using DbTransaction transaction = await database.BeginAsync(connection);
            long next = await producer.OpenAsync(transaction);
            await transaction.CommitAsync();
            return next;
        },
        cancellation);

    public async ValueTask AppendAsync(
        long sequence, IReadOnlyList<SinkBatch> batches, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        if (batches.Count == 0)
            return;
        await RunAsync(
            async connection =>
            {
                await using DbTransaction transaction = await database.BeginAsync(connection);
                long next = await producer.LockAsync(transaction);
                long stored = SinkEvents.StoredPart(sequence, next, producer.Lane);
                List<T> events = SinkEvents.Decode(codec, batches, stored);
                if (events.Count == 0)
                    return next;
                await database.ExecuteAsync(transaction, table.Insert, table.Rows(events));
                await producer.MoveAsync(transaction, next + events.Count);
                CrashPoint.Pass(CrashLabels.SinkBeforeCommit);
                await transaction.CommitAsync();
                CrashPoint.Pass(CrashLabels.SinkAfterCommit);
                return next + events.Count;
            },
            cancellation);
    }

    public ValueTask FinishAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // SQLite waits on the thread that calls it.
    private Task<long> RunAsync(Func<DbConnection, Task<long>> action, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            try
            {
                await using DbConnection connection = await database.OpenAsync();
                return await action(connection);
            }
            catch (DbException failure)
            {
                throw ToSinkException(database.ErrorOf(failure), failure);
            }
            catch (Exception failure) when (failure is TimeoutException or IOException)
            {
                throw ToSinkException(SinkError.Unavailable, failure);
            }
        },
        cancellation);

    private SinkException ToSinkException(SinkError error, Exception failure)
    {
        string advice = error switch
        {
            SinkError.Full => "free space and repeat",
            SinkError.Corrupt => "restore the database from a copy",
            SinkError.Refused => $"change the table '{table.Name}' or the events",
            _ => "whether the events were stored is unknown, repeat",
        };
        return new SinkException(error, $"{Capital(producer.Lane)} failed ({failure.Message}); {advice}.", failure);
    }

    private static string Capital(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}";
}
