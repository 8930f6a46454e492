namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>
/// A graph with the partition counts of its topics: enough to know every channel and to make the programs that run.
/// </summary>
/// <remarks>
/// A channel is one way from an instance of a stage (a partition of a source, a group of an operator) to a key group
/// over one edge. Without a shuffle a group has one channel per source, else one per instance: a source of 4 partitions
/// and 64 groups give every group 1 channel or 4.
/// </remarks>
public sealed class JobPlan
{
    private readonly IReadOnlyDictionary<string, int> _partitions;

    /// <summary>Plans a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="codecs">The codecs that it was validated with.</param>
    /// <param name="partitions">The partition count of every topic that the job reads or writes.</param>
    /// <exception cref="ArgumentException">A topic has no partition count.</exception>
    public JobPlan(JobGraph graph, CodecRegistry codecs, IReadOnlyDictionary<string, int> partitions)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Graph = graph;
        Codecs = codecs;
        _partitions = partitions;
        foreach (Topic topic in graph.Inputs.Concat(graph.Outputs))
        {
            if (!partitions.TryGetValue(topic.Name, out int count) || count < 1)
                throw new ArgumentException(
                    $"The topic '{topic.Name}' of the job '{graph.Name}' has no partition count.", nameof(partitions));
        }
    }

    /// <summary>The graph.</summary>
    public JobGraph Graph { get; }

    /// <summary>The codecs of all types in it.</summary>
    public CodecRegistry Codecs { get; }

    /// <summary>Number of key groups.</summary>
    public int GroupCount => Graph.GroupCount;

    /// <summary>Number of sources.</summary>
    public int SourceCount => Graph.Sources.Count;

    /// <summary>The names of the operators, by index.</summary>
    public IReadOnlyList<string> OperatorNames => [.. Graph.Operators.Select(node => node.Name)];

    /// <summary>The type of an operator's keys.</summary>
    public Type KeyTypeOf(int operatorIndex) => Graph.Operators[operatorIndex].KeyType;

    /// <summary>The view that an operator publishes, or null.</summary>
    public View? ViewOf(int operatorIndex) => Graph.Operators[operatorIndex].View;

    /// <summary>The operator that publishes a view, or -1.</summary>
    public int OperatorOfView(string view) => Graph.Operators.ToList().FindIndex(node => node.View?.Name == view);

    /// <summary>The partition count of a topic of the job.</summary>
    public int PartitionsOf(string topic) => _partitions[topic];

    /// <summary>The topic of a source.</summary>
    public Topic TopicOfSource(int source) => Graph.Sources[source].Topic;

    /// <summary>The key group of a key, given as its codec's bytes.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such a key.</exception>
    public int GroupOfKey(int operatorIndex, ReadOnlyMemory<byte> key)
    {
        Type type = KeyTypeOf(operatorIndex);
        var reader = new ByteReader(key);
        object? value = Codecs.For(type).ReadObject(reader);
        if (value is null || reader.Remaining > 0)
            throw new CorruptDataException($"the bytes are no key of '{Graph.Operators[operatorIndex].Name}'");
        return (int)GroupOfTyped.MakeGenericMethod(type).Invoke(null, [this, operatorIndex, value])!;
    }

    /// <summary>Number of channels of a key group.</summary>
    public int ChannelCount(int operatorIndex, int group)
    {
        int count = 0;
        foreach (KeyEdge edge in Graph.Operators[operatorIndex].Inputs)
        {
            foreach (StreamNode head in HeadsOf(edge.From))
                count += ChannelsFrom(edge, head);
        }

        return count;
    }

    /// <summary>Makes the program of a source partition.</summary>
    public SourceProgram CreateSource(int source, int partition) => new(this, source, partition);

    /// <summary>Makes the program of a key group.</summary>
    public GroupProgram CreateGroup(int operatorIndex, int group) => new(this, operatorIndex, group);

    /// <summary>Reads a slice that another process wrote.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such a slice.</exception>
    public Slice DecodeSlice(SliceTarget target, ReadOnlyMemory<byte> bytes)
    {
        if (!HasChannel(target))
            throw new CorruptDataException($"the job '{Graph.Name}' has no channel {target}");
        Slice slice = Graph.Edges[target.Edge].NewSlice(target, Codecs);
        var reader = new ByteReader(bytes);
        slice.Decode(reader);
        if (reader.Remaining > 0)
            throw new CorruptDataException($"{reader.Remaining} bytes of a slice were not understood");
        return slice;
    }

    /// <summary>The sources and operators whose output reaches a node without a shuffle.</summary>
    internal static IEnumerable<StreamNode> HeadsOf(StreamNode node)
    {
        if (node.IsHead)
            return [node];
        return node.Upstream.SelectMany(HeadsOf).Distinct().OrderBy(head => head.Id);
    }

    /// <summary>The channel from a stage to a group over an edge, or -1 if the stage does not feed the group.</summary>
    internal int ChannelOf(KeyEdge edge, Stage stage, int group)
    {
        int channel = 0;
        foreach (KeyEdge input in edge.Target.Inputs)
        {
            foreach (StreamNode head in HeadsOf(input.From))
            {
                if (input.Id == edge.Id && head.Id == stage.Head)
                {
                    if (!IsCoPartitioned(edge, head.Id))
                        return channel + stage.Instance;
                    return KeyGroups.PartitionOf(group, PartitionsOfHead(head.Id)) == stage.Instance ? channel : -1;
                }

                channel += ChannelsFrom(input, head);
            }
        }

        throw new InvalidOperationException($"The edge {edge.Id} does not leave the stage {stage.Head}.");
    }

    /// <summary>
    /// Whether an edge keeps to the partitions of a source: same key object, and as many groups as topics have.
    /// </summary>
    internal bool IsCoPartitioned(KeyEdge edge, int head) =>
        edge.FollowsPartitions && GroupCount == KeyGroups.Default && Graph.Nodes[head] is ISourceNode;

    /// <summary>How many instances a stage has: partitions of a source, groups of an operator.</summary>
    internal int PartitionsOfHead(int head) =>
        Graph.Nodes[head] is ISourceNode source ? PartitionsOf(source.Topic.Name) : GroupCount;

    private bool HasChannel(SliceTarget target) =>
        (uint)target.Edge < (uint)Graph.Edges.Count
        && Graph.Edges[target.Edge].Target.Index == target.Operator
        && (uint)target.Group < (uint)GroupCount
        && (uint)target.Channel < (uint)ChannelCount(target.Operator, target.Group);

    private int ChannelsFrom(KeyEdge edge, StreamNode head) =>
        IsCoPartitioned(edge, head.Id) ? 1 : PartitionsOfHead(head.Id);

    private static readonly System.Reflection.MethodInfo GroupOfTyped = typeof(JobPlan).GetMethod(
        nameof(GroupOf), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!;

    private static int GroupOf<TKey>(JobPlan plan, int operatorIndex, TKey key)
        where TKey : notnull
    {
        object hasher = plan.Graph.Operators[operatorIndex].Inputs[0].GroupHasher(plan.Codecs);
        return KeyGroups.GroupOf(((KeyHasher<TKey>)hasher).Hash(key), plan.GroupCount);
    }
}
