namespace Weir.Connectors.PostgreSql;

using System.Collections.Concurrent;
using Npgsql;
using Weir.Protocol.Logs;

/// <summary>A topic's identifier and those of its partitions, in their order.</summary>
internal sealed record TopicIds(long Topic, string Name, long[] Partitions);

/// <summary>
/// Which identifiers topics and partitions have. Invariant: identifiers are never reused, so what is remembered here is
/// right or is found to be gone when it is used; then it is looked up again.
/// </summary>
internal sealed class TopicCatalog(WeirDatabase database)
{
    private const string Select = """
        SELECT t.id, t.name, (SELECT array_agg(p.id ORDER BY p.number) FROM partitions p WHERE p.topic = t.id)
        FROM topics t
        """;

    private readonly ConcurrentDictionary<string, TopicIds> _topics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, TopicPartition> _partitions = new();

    /// <summary>The identifier of a partition, if its topic is remembered.</summary>
    public bool TryFind(TopicPartition name, out long partition)
    {
        partition = 0;
        if (name.Topic is null || !_topics.TryGetValue(name.Topic, out TopicIds? topic)
            || (uint)name.Partition >= (uint)topic.Partitions.Length)
            return false;
        partition = topic.Partitions[name.Partition];
        return true;
    }

    /// <summary>The identifier of a partition.</summary>
    /// <exception cref="EventLogException">There is no such topic or partition.</exception>
    public async ValueTask<long> FindAsync(TopicPartition name, CancellationToken cancellation = default)
    {
        if (TryFind(name, out long partition))
            return partition;
        TopicIds topic = await LoadAsync(name.Topic, cancellation) ?? throw UnknownTopic(name.Topic);
        return (uint)name.Partition < (uint)topic.Partitions.Length
            ? topic.Partitions[name.Partition]
            : throw new EventLogException(
                EventLogError.UnknownTopic,
                $"There is no partition {name}; the topic has partitions 0 to {topic.Partitions.Length - 1}.");
    }

    /// <summary>The partition of an identifier, or null if it is gone.</summary>
    public async ValueTask<TopicPartition?> NameOfAsync(long partition)
    {
        if (_partitions.TryGetValue(partition, out TopicPartition name))
            return name;
        const string Find = $"{Select} WHERE t.id = (SELECT topic FROM partitions WHERE id = $1)";
        await database.RunAsync(connection => ReadAsync(Sql.Command(connection, Find, partition)));
        return _partitions.TryGetValue(partition, out name) ? name : null;
    }

    /// <summary>Does something with a partition; once more if what was remembered of it is gone.</summary>
    /// <param name="name">The partition.</param>
    /// <param name="action">Answers null if the identifier is not there.</param>
    /// <param name="cancellation">Gives up looking it up.</param>
    public async Task<T> WithAsync<T>(
        TopicPartition name, Func<long, Task<T?>> action, CancellationToken cancellation = default)
        where T : class
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            if (await action(await FindAsync(name, cancellation)) is { } result)
                return result;
            Forget(name.Topic);
            if (!isFirst)
                throw UnknownTopic(name.Topic);
        }
    }

    public void Forget(string topic)
    {
        if (!_topics.TryRemove(topic, out TopicIds? known))
            return;
        foreach (long partition in known.Partitions)
            _partitions.TryRemove(partition, out _);
    }

    public static EventLogException UnknownTopic(string? topic) => new(
        EventLogError.UnknownTopic, $"There is no topic '{topic}'; create it first.");

    private async Task<TopicIds?> LoadAsync(string? topic, CancellationToken cancellation)
    {
        if (!Sql.IsText(topic))
            return null;
        return await database.RunAsync(
            connection => ReadAsync(Sql.Command(connection, $"{Select} WHERE t.name = $1", topic)), cancellation);
    }

    private async Task<TopicIds?> ReadAsync(NpgsqlCommand command)
    {
        await using (command)
        {
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            if (!await row.ReadAsync())
                return null;
            var topic = new TopicIds(row.GetInt64(0), row.GetString(1), row.GetFieldValue<long[]>(2));
            _topics[topic.Name] = topic;
            for (int i = 0; i < topic.Partitions.Length; i++)
                _partitions[topic.Partitions[i]] = new TopicPartition(topic.Name, i);
            return topic;
        }
    }
}
