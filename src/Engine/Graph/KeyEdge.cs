namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>Brings events to the key groups of an operator: the place of a shuffle, or of none.</summary>
internal abstract class KeyEdge : Edge
{
    public abstract Type KeyType { get; }

    /// <summary>
    /// Whether key and partition of the source are the same thing, so that a group has one channel here.
    /// </summary>
    public abstract bool FollowsPartitions { get; }

    /// <summary>Whether the group of a key follows from a part of the key, not from all of it.</summary>
    public abstract bool IsFiner { get; }

    /// <summary>Makes a slice of partials, for an operator whose events are added up before they come to it.</summary>
    public abstract Slice NewPartials(SliceTarget target, CodecRegistry codecs);

    /// <summary>A <see cref="KeyHasher{TKey}"/> that finds the group of a key.</summary>
    public abstract object GroupHasher(CodecRegistry codecs);

    /// <summary>Whether an event of a slice has a key.</summary>
    public abstract bool HasKey(Slice slice, int index, object value);

    /// <summary>Divides the events of a slice by key, for an operator with one grain per key.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="keys">An <see cref="IKeyShares{TKey}"/>.</param>
    /// <param name="marks">The positions of the steps of time, which count as steps too.</param>
    public abstract void Split(Slice slice, HostedKeys keys, ReadOnlySpan<int> marks);

    public override string Describe() =>
        $"key {KeyType} {From.Id} -> {Target.Name}{(FollowsPartitions ? " as partitioned" : " shuffled")}";
}

internal sealed class KeyEdge<TKey, T>(StreamNode<T> from, EventKey<TKey, T> key) : KeyEdge, IConsumer<T>
    where TKey : notnull
{
    public EventKey<TKey, T> Key => key;

    public override StreamNode From => from;

    public override Type KeyType => typeof(TKey);

    public override bool FollowsPartitions => ReferenceEquals(from.PartitionKey, key.Root);

    public override bool IsFiner => key.IsFiner;

    private Combining<T>? Combining => (Target as ICombines<T>)?.Combining;

    public override object GroupHasher(CodecRegistry codecs) => key.GroupHasher(codecs);

    public override Slice NewSlice(SliceTarget target, CodecRegistry codecs) => new Slice<T>(target, codecs.For<T>());

    public override Slice NewPartials(SliceTarget target, CodecRegistry codecs) =>
        Combining?.NewSlice<TKey>(target, codecs)
        ?? throw new CorruptDataException($"events of '{Target.Name}' are not added up before they come to it");

    public override void Split(Slice slice, HostedKeys keys, ReadOnlySpan<int> marks)
    {
        var events = (Slice<T>)slice;
        var shares = (IKeyShares<TKey>)keys;
        int passed = 0;
        for (int i = 0; i < events.Count; i++)
        {
            while (passed < marks.Length && marks[passed] <= i)
                passed++;
            shares.ShareOf(key.Of(events.Values[i])).Add(events, i, i + passed);
        }
    }

    public override bool HasKey(Slice slice, int index, object value) =>
        key.Of(((Slice<T>)slice).Values[index]).Equals(value);

    public Receiver<T> Receive(Stage stage)
    {
        bool coPartitioned = stage.Plan.IsCoPartitioned(this, stage.Head);
        var spec = new RouterSpec(
            Target.Index, Id, stage.Plan.GroupCount, coPartitioned ? stage.Plan.PartitionsOfHead(stage.Head) : 0);
        return stage.Plan.CombinesEvents && Combining is { } combining
            ? combining.Receive(this, spec, stage)
            : new KeyRouter<TKey, T>(this, spec, stage);
    }
}
