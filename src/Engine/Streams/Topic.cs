namespace Weir.Engine.Streams;

using Weir.Engine.Codecs;

/// <summary>
/// A named, partitioned, append-only, rewindable stream of events. Inputs and outputs of jobs are both topics. A topic
/// is a name with a type; it exists in a log once it is created there.
/// </summary>
public abstract class Topic
{
    private protected Topic(string name, int version)
    {
        Name = Names.Check(name, "topic");
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        Version = version;
    }

    /// <summary>1 to 200 characters: lower-case letters, digits, '.', '_' and '-'.</summary>
    public string Name { get; }

    /// <summary>Version of the event type, 1 or more; batches carry it.</summary>
    public int Version { get; }

    /// <summary>The type of its events.</summary>
    public abstract Type EventType { get; }

    /// <summary>Name and version of the event type as stored with each batch, for example <c>Click:1</c>.</summary>
    public string Schema => $"{SchemaName(EventType)}:{Version}";

    /// <summary>Whether events of one key go to one partition.</summary>
    public bool HasKey => KeyObject is not null;

    /// <summary>
    /// Whether events of this schema are of the topic's type, of an older version that it upgrades, or in a format that
    /// any type can be read from.
    /// </summary>
    public abstract bool Reads(string schema);

    internal abstract object? KeyObject { get; }

    /// <summary>The types of older versions that the topic can read.</summary>
    internal abstract IEnumerable<Type> OlderTypes { get; }

    /// <summary>A topic of events of type <typeparamref name="T"/>.</summary>
    /// <param name="name">See <see cref="Name"/>.</param>
    /// <param name="version">Version of the event type, 1 (the default) or more.</param>
    /// <exception cref="ArgumentException">The name has other characters or the wrong length.</exception>
    public static Topic<T> Of<T>(string name, int version = 1) => new(name, version);

    private static string SchemaName(Type type)
    {
        if (!type.IsGenericType)
            return type.Name;
        string name = type.Name.Split('`')[0];
        return $"{name}<{string.Join(',', type.GetGenericArguments().Select(SchemaName))}>";
    }
}

/// <summary>A topic of events of type <typeparamref name="T"/>.</summary>
/// <typeparam name="T">The type of its events.</typeparam>
public class Topic<T> : Topic
{
    internal Topic(string name, int version)
        : base(name, version)
    {
    }

    /// <inheritdoc/>
    public sealed override Type EventType => typeof(T);

    /// <inheritdoc/>
    public sealed override bool Reads(string schema) =>
        schema == Schema || EventSchema.IsFormat(schema)
        || Older.Any(older => older.Version == EventVersionException.VersionOf(schema));

    internal override object? KeyObject => null;

    internal override IEnumerable<Type> OlderTypes => Older.Select(older => older.OldType);

    internal IReadOnlyList<OlderVersion<T>> Older { get; init; } = [];

    /// <summary>
    /// Says how to read events that were written before the type changed: the topic's version is raised, the old type
    /// is kept under another name, and each of its events is upgraded when it is read. To be said before
    /// <see cref="KeyedBy{TKey}"/>.
    /// </summary>
    /// <typeparam name="TOld">The type as it was.</typeparam>
    /// <param name="version">The version that was written, from 1 to below this topic's version.</param>
    /// <param name="upgrade">A pure function of the old event.</param>
    /// <exception cref="ArgumentOutOfRangeException">The version is not an older one.</exception>
    public Topic<T> Upgrading<TOld>(int version, Func<TOld, T> upgrade)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(version, Version);
        return new Topic<T>(Name, Version) { Older = Older.And(version, upgrade) };
    }

    /// <summary>What reads the events of a batch with this schema.</summary>
    /// <param name="schema">See <see cref="EventBatch.Schema"/>.</param>
    /// <param name="codecs">Finds the codecs of the present and the older types.</param>
    /// <exception cref="EventVersionException">The topic is not declared with that type or version.</exception>
    /// <exception cref="NoCodecException">The type can not be read.</exception>
    public Codec<T> CodecFor(string schema, CodecRegistry codecs)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(codecs);
        if (schema.Length == 0 || schema == Schema)
            return codecs.For<T>();
        if (EventSchema.IsFormat(schema))
            return codecs.InFormat<T>(schema);
        int version = EventVersionException.VersionOf(schema);
        OlderVersion<T>? older = Older.FirstOrDefault(each => each.Version == version)
            ?? throw new EventVersionException(this, schema);
        return older.CodecFrom(codecs) ?? throw new NoCodecException(older.OldType);
    }

    /// <summary>
    /// Gives the topic a key: events of one key go to one partition, in order. A job that uses the same key object,
    /// <c>.KeyBy(topic.Key)</c>, needs no shuffle.
    /// </summary>
    /// <param name="key">A pure function: the same event always has the same key.</param>
    public KeyedTopic<TKey, T> KeyedBy<TKey>(Func<T, TKey> key)
        where TKey : notnull => new(this, new EventKey<TKey, T>(key));

    /// <summary>
    /// The partition of an event, or null if any will do (a topic without a key). For many events, take a
    /// <see cref="Partitioner"/>.
    /// </summary>
    /// <param name="value">The event.</param>
    /// <param name="partitions">Number of partitions of the topic, 1 or more.</param>
    /// <param name="codecs">Finds the codec of the key's type.</param>
    public virtual int? PartitionOf(T value, int partitions, CodecRegistry codecs) => null;

    /// <summary>
    /// A function that gives the partition of each event, or null if any will do (a topic without a key). It keeps a
    /// buffer, so that it allocates nothing per event: every writer needs its own, for one thread at a time.
    /// </summary>
    /// <param name="partitions">Number of partitions of the topic, 1 or more.</param>
    /// <param name="codecs">Finds the codec of the key's type.</param>
    public virtual Func<T, int>? Partitioner(int partitions, CodecRegistry codecs) => null;
}

/// <summary>A topic with a key.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class KeyedTopic<TKey, T> : Topic<T>
    where TKey : notnull
{
    internal KeyedTopic(Topic<T> topic, EventKey<TKey, T> key)
        : base(topic.Name, topic.Version)
    {
        Key = key;
        Older = topic.Older;
    }

    /// <summary>The key of its events.</summary>
    public EventKey<TKey, T> Key { get; }

    internal override object? KeyObject => Key;

    /// <inheritdoc/>
    public override int? PartitionOf(T value, int partitions, CodecRegistry codecs) =>
        Partitioner(partitions, codecs)(value);

    /// <inheritdoc/>
    public override Func<T, int> Partitioner(int partitions, CodecRegistry codecs)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partitions);
        var hasher = KeyHasher<TKey>.For(codecs.For<TKey>());
        return value =>
        {
            int group = KeyGroups.GroupOf(hasher.Hash(Key.Take(in value)), KeyGroups.Default);
            return KeyGroups.PartitionOf(group, partitions);
        };
    }
}

/// <summary>How to take the key from an event. One object stands for one way to partition a topic.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class EventKey<TKey, T>
    where TKey : notnull
{
    private Func<CodecRegistry, KeyHasher<TKey>>? _groupHasher;

    internal EventKey(Func<T, TKey> of)
    {
        ArgumentNullException.ThrowIfNull(of);
        Of = of;
        Root = this;
    }

    /// <summary>The key of an event.</summary>
    public Func<T, TKey> Of { get; }

    /// <summary>The key object that decides the groups: this one, or the one that this refines.</summary>
    internal object Root { get; private init; }

    /// <summary>
    /// A finer key that lies in the group of this one: state and timers are per finer key, and a topic that is
    /// partitioned by this key needs no shuffle for it. Of flights that are partitioned by origin:
    /// <c>Flights.Key.Refine(flight => (flight.Origin, flight.Destination), route => route.Origin)</c>.
    /// </summary>
    /// <param name="key">A pure function of the event.</param>
    /// <param name="part">This key as a part of the finer one; the same for every event as this key itself.</param>
    public EventKey<TFiner, T> Refine<TFiner>(Func<T, TFiner> key, Func<TFiner, TKey> part)
        where TFiner : notnull
    {
        ArgumentNullException.ThrowIfNull(part);
        return new EventKey<TFiner, T>(key)
        {
            Root = Root,
            _groupHasher = codecs => new PartHasher<TFiner, TKey>(part, GroupHasher(codecs)),
        };
    }

    /// <summary>Whether it refines another key, which then decides the groups.</summary>
    internal bool IsFiner => _groupHasher is not null;

    /// <summary>The same key, taken from events of another type that hold this one's.</summary>
    internal EventKey<TKey, TOuter> Within<TOuter>(Func<TOuter, TKey> of) =>
        new(of) { Root = Root, _groupHasher = _groupHasher };

    /// <summary>Hashes keys to find their group. Not to be shared between threads.</summary>
    internal KeyHasher<TKey> GroupHasher(CodecRegistry codecs) =>
        _groupHasher?.Invoke(codecs) ?? KeyHasher<TKey>.For(codecs.For<TKey>());

    /// <summary>The key of an event where it decides the event's way, so where null must be found.</summary>
    internal TKey Take(in T value) =>
        Of(value) ?? throw new InvalidOperationException("The event has no key: the key function gave null.");
}

/// <summary>Which names are allowed for topics, jobs, operators and views.</summary>
internal static class Names
{
    public static bool IsValid(string? name) =>
        name is { Length: >= 1 and <= 200 }
        && name.All(static letter =>
            char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '_' or '-');

    public static string Check(string? name, string what) => IsValid(name)
        ? name!
        : throw new ArgumentException(
            $"'{name}' can not name a {what}: use 1 to 200 lower-case letters, digits, '.', '_' or '-'.", nameof(name));
}
