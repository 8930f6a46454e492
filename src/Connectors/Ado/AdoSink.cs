namespace Weir.Connectors.Ado;

using Weir.Connectors.Rows;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Protocol.Sinks;

/// <summary>Makes sinks that write rows into a table of a database.</summary>
/// <remarks>
/// A column per member of the event, in their order and in snake case; a member with members of its own gives a column
/// for each of those (<c>window_start</c>). A table that is missing is created with these; one that is there must have
/// them. Times are in UTC. SQLite has no types for times, decimals and unsigned 64-bit numbers: they are text.
/// </remarks>
public static class AdoSink
{
    /// <summary>A sink that adds a row per event, each once whatever fails.</summary>
    /// <param name="name">See <see cref="Sink.Name"/>.</param>
    /// <param name="database">Where the table is.</param>
    /// <param name="table">1 to 63 letters, digits and '_' that do not begin with a digit; a schema with '.' may stand
    /// before it.</param>
    /// <exception cref="ArgumentException">The table can not have that name, or the events can not be rows.</exception>
    public static AdoSink<T> Transactional<T>(string name, AdoDatabase database, string table) =>
        new(name, database, new AdoTable<T>(database, table, []));

    /// <summary>
    /// A sink that keeps one row per key: that of the key's last event. Events of a key that come from several instances
    /// of a stage have no order between them: group by the key first.
    /// </summary>
    /// <param name="name">See <see cref="Sink.Name"/>.</param>
    /// <param name="database">Where the table is.</param>
    /// <param name="table">As for <see cref="Transactional{T}"/>. A table that is there needs a primary key or unique
    /// index over exactly the key columns.</param>
    /// <param name="keyColumns">Names of columns, one or more, of values that are never missing.</param>
    /// <exception cref="ArgumentException">The table can not have that name, the events can not be rows, or there is no
    /// such column.</exception>
    public static AdoSink<T> Upsert<T>(
        string name, AdoDatabase database, string table, params IReadOnlyList<string> keyColumns)
    {
        ArgumentNullException.ThrowIfNull(keyColumns);
        if (keyColumns.Count == 0)
            throw new ArgumentException($"The sink '{name}' needs a key column: without one, add rows.", nameof(keyColumns));
        return new AdoSink<T>(name, database, new AdoTable<T>(database, table, keyColumns));
    }
}

/// <summary>
/// A sink that writes rows. The rows of a checkpoint and how far the sink has come are written in one transaction, to
/// the table and to <c>weir_sink_producers</c> beside it, so that each event is stored once whatever fails.
/// </summary>
/// <typeparam name="T">The type of its events.</typeparam>
public sealed class AdoSink<T> : Sink<T>, ISinkConnector
{
    private readonly AdoDatabase _database;
    private readonly AdoTable<T> _table;

    internal AdoSink(string name, AdoDatabase database, AdoTable<T> table)
        : base(name)
    {
        _database = database;
        _table = table;
    }

    /// <inheritdoc/>
    public ISinkLane OpenLane(SinkProducer producer, CodecRegistry codecs)
    {
        ArgumentNullException.ThrowIfNull(producer);
        ArgumentNullException.ThrowIfNull(codecs);
        return new AdoLane<T>(_database, _table, codecs.For<T>(), new ProducerRow(_database, Name, producer));
    }
}
