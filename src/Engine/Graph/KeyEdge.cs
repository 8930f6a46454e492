namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>Brings events to the key groups of an operator: the place of a shuffle, or of none.</summary>
internal abstract class KeyEdge
{
    /// <summary>Position among the edges of the job; set by the graph.</summary>
    public int Id { get; set; } = -1;

    /// <summary>Which input of the operator.</summary>
    public required int Input { get; init; }

    public required IOperatorNode Target { get; init; }

    public abstract StreamNode From { get; }

    public abstract Type KeyType { get; }

    /// <summary>
    /// Whether key and partition of the source are the same thing, so that a group has one channel here.
    /// </summary>
    public abstract bool FollowsPartitions { get; }

    /// <summary>
    /// Whether its events belong to keys, so that the operator's <see cref="KeyedOperator.Apply"/> takes them.
    /// </summary>
    public virtual bool IsKeyed => true;

    /// <summary>How its events find their key groups, for the fingerprint.</summary>
    public virtual string Way => FollowsPartitions ? "as partitioned" : "shuffled";

    /// <summary>A <see cref="KeyHasher{TKey}"/> that finds the group of a key.</summary>
    public abstract object GroupHasher(CodecRegistry codecs);

    public abstract Slice NewSlice(SliceTarget target, CodecRegistry codecs);
}

internal sealed class KeyEdge<TKey, T>(StreamNode<T> from, EventKey<TKey, T> key) : KeyEdge, IConsumer<T>
    where TKey : notnull
{
    public EventKey<TKey, T> Key => key;

    public override StreamNode From => from;

    public override Type KeyType => typeof(TKey);

    public override bool FollowsPartitions => ReferenceEquals(from.PartitionKey, key.Root);

    public override object GroupHasher(CodecRegistry codecs) => key.GroupHasher(codecs);

    public override Slice NewSlice(SliceTarget target, CodecRegistry codecs) => new Slice<T>(target, codecs.For<T>());

    public Receiver<T> Receive(Stage stage)
    {
        bool coPartitioned = stage.Plan.IsCoPartitioned(this, stage.Head);
        var spec = new RouterSpec(
            Target.Index, Id, stage.Plan.GroupCount, coPartitioned ? stage.Plan.PartitionsOfHead(stage.Head) : 0);
        return new KeyRouter<TKey, T>(this, spec, stage);
    }
}

/// <summary>Brings every event to every key group of an operator.</summary>
internal sealed class BroadcastEdge<T>(StreamNode<T> from) : KeyEdge, IConsumer<T>
{
    public override StreamNode From => from;

    public override Type KeyType => Target.KeyType;

    public override bool FollowsPartitions => false;

    public override bool IsKeyed => false;

    public override string Way => "to every group";

    public override object GroupHasher(CodecRegistry codecs) =>
        throw new InvalidOperationException("A broadcast event has no key.");

    public override Slice NewSlice(SliceTarget target, CodecRegistry codecs) => new Slice<T>(target, codecs.For<T>());

    public Receiver<T> Receive(Stage stage) =>
        new BroadcastRouter<T>(this, new RouterSpec(Target.Index, Id, stage.Plan.GroupCount, 0), stage);
}
