namespace Weir.Engine.Graph;

using System.Globalization;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// A graph with the partition counts of its topics: enough to know every channel and to make the programs that run.
/// </summary>
/// <remarks>
/// A channel is one way from an instance of a stage (a partition of a source, a group of an operator) to a key group
/// over one edge. Without a shuffle a group has one channel per source, else one per instance: a source of 4 partitions
/// and 64 groups give every group 1 channel or 4.
/// An operator without keys has as many instances as the widest of the stages before it, and instance i has a channel
/// from instance i of each of them: after sources of 4 and 6 partitions there are 6; 0 to 3 have 2 channels, 4 and 5
/// have 1. Where this class says group, an instance of such an operator is meant as well.
/// </remarks>
public sealed class JobPlan
{
    private readonly IReadOnlyDictionary<string, int> _partitions;

    // By operator, made when one is asked for; which of two threads made it is the same.
    private readonly GroupOfBytes?[] _groupOfKeys;

    /// <summary>Plans a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="codecs">The codecs that it was validated with.</param>
    /// <param name="partitions">The partition count of every topic that the job reads or writes.</param>
    /// <exception cref="ArgumentException">A topic has no partition count.</exception>
    public JobPlan(JobGraph graph, CodecRegistry codecs, IReadOnlyDictionary<string, int> partitions)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Graph = graph;
        CombinesEvents = !graph.Operators.Any(node => node.NeedsClock);
        Codecs = codecs;
        _partitions = partitions;
        _groupOfKeys = new GroupOfBytes?[graph.Operators.Count];
        foreach (Topic topic in graph.Inputs.Concat(graph.Outputs))
        {
            if (!partitions.TryGetValue(topic.Name, out int count) || count < 1)
                throw new ArgumentException(
                    $"The topic '{topic.Name}' of the job '{graph.Name}' has no partition count.", nameof(partitions));
        }
    }

    /// <summary>The graph.</summary>
    public JobGraph Graph { get; }

    /// <summary>
    /// Keys as text, in messages and dead letters. Default: a string is itself, a number or time as in the invariant
    /// culture, everything else as it prints itself.
    /// </summary>
    public Func<object, string> KeyText { get; init; } =
        static key => Convert.ToString(key, CultureInfo.InvariantCulture) ?? "";

    /// <summary>
    /// Topics whose events do not lie in the partitions that their keys say: what keeps to the partitions of a topic
    /// otherwise, is shuffled from these. Default: none.
    /// </summary>
    public IReadOnlySet<string> Scattered { get; init; } = new HashSet<string>();

    /// <summary>
    /// Whether events for windows that add them up exactly may be added up before they come there. Steps of time that
    /// stood between them become one, which no result shows unless an operator asks how far the clock had come.
    /// </summary>
    internal bool CombinesEvents { get; private init; }

    /// <summary>
    /// Whether windows that go as a whole have a table each; see <see cref="Windows.WindowTables{TKey, TIn, TOut}"/>.
    /// </summary>
    internal bool HasWindowTables { get; private init; } = true;

    /// <summary>
    /// Whether a timer of the ingestion clock fires as soon as the clock shows its instant. A log may give one stamp to
    /// many batches, so in a job an instant is over when a later one is seen: what is stamped with the last instant of a
    /// window belongs into it. In a harness the clock moves when it is told to, and is taken at its word.
    /// </summary>
    internal bool FiresAtReachedInstant { get; init; }

    /// <summary>The codecs of all types in it.</summary>
    public CodecRegistry Codecs { get; }

    /// <summary>Number of key groups.</summary>
    public int GroupCount => Graph.GroupCount;

    /// <summary>Number of sources.</summary>
    public int SourceCount => Graph.Sources.Count;

    /// <summary>The names of the operators, by index.</summary>
    public IReadOnlyList<string> OperatorNames => [.. Graph.Operators.Select(node => node.Name)];

    /// <summary>
    /// How many instances an operator has: one per key group, or without keys what the stages before it have.
    /// </summary>
    public int InstancesOf(int operatorIndex)
    {
        IOperatorNode node = Graph.Operators[operatorIndex];
        return node.KeyType is null
            ? node.Inputs.SelectMany(edge => HeadsOf(edge.From)).Max(head => PartitionsOfHead(head.Id))
            : GroupCount;
    }

    /// <summary>The last instant whose timers are due at an ingestion clock: at 60 000 it is 59 999 in a job.</summary>
    internal EventTime LastDue(EventTime clock) => FiresAtReachedInstant ? clock : clock.Minus(1);

    /// <summary>The type of an operator's keys, or null if it has none.</summary>
    public Type? KeyTypeOf(int operatorIndex) => Graph.Operators[operatorIndex].KeyType;

    /// <summary>The view that an operator publishes, or null.</summary>
    public View? ViewOf(int operatorIndex) => Graph.Operators[operatorIndex].View;

    /// <summary>The operator that publishes a view, or -1.</summary>
    public int OperatorOfView(string view)
    {
        for (int index = 0; index < Graph.Operators.Count; index++)
        {
            if (Graph.Operators[index].View?.Name == view)
                return index;
        }

        return -1;
    }

    /// <summary>The partition count of a topic of the job.</summary>
    public int PartitionsOf(string topic) => topic == Graph.Commands?.Name ? 1 : _partitions[topic];

    /// <summary>The topic of a source.</summary>
    public Topic TopicOfSource(int source) => Graph.Sources[source].Topic;

    /// <summary>
    /// The source whose partition <c>i</c> feeds instance <c>i</c> of an operator without keys directly, or -1.
    /// </summary>
    public int SourceBeside(int operatorIndex)
    {
        IOperatorNode node = Graph.Operators[operatorIndex];
        StreamNode? head = node.KeyType is null
            ? node.Inputs.SelectMany(edge => HeadsOf(edge.From)).FirstOrDefault(each => each is ISourceNode)
            : null;
        return Graph.Sources.ToList().FindIndex(source => ReferenceEquals(source, head));
    }

    /// <summary>How the source of a topic waits for others, or null.</summary>
    public SourceAlignment? AlignmentOf(string topic) =>
        Graph.Sources.First(source => source.Topic.Name == topic).Watermarks?.Alignment;

    /// <summary>Whether the source of a topic is to become idle where nothing is sent.</summary>
    public bool HasIdleness(string topic) =>
        Graph.Sources.First(source => source.Topic.Name == topic).Watermarks?.IdleAfterMilliseconds is not null;

    /// <summary>The key group of a key, given as its codec's bytes.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such a key.</exception>
    /// <exception cref="InvalidOperationException">The operator has no keys.</exception>
    public int GroupOfKey(int operatorIndex, ReadOnlyMemory<byte> key)
    {
        Type type = KeyTypeOf(operatorIndex) ?? throw new InvalidOperationException(
            $"The operator '{Graph.Operators[operatorIndex].Name}' has no keys.");
        GroupOfBytes groupOf = _groupOfKeys[operatorIndex]
            ??= GroupOfTyped.MakeGenericMethod(type).CreateDelegate<GroupOfBytes>();
        return groupOf(this, operatorIndex, key);
    }

    /// <summary>
    /// Whether <see cref="KeyGroups.Of"/> gives the group of an operator's key: it has keys, and all of a key decides.
    /// </summary>
    public bool HashesWholeKeys(int operatorIndex) =>
        KeyTypeOf(operatorIndex) is not null
        && Graph.Operators[operatorIndex].Inputs.OfType<KeyEdge>().All(edge => !edge.IsFiner);

    /// <summary>Whether an operator keeps keys in quarantine.</summary>
    public bool Quarantines(int operatorIndex) => Graph.Operators[operatorIndex].Errors is { Quarantines: true };

    /// <summary>An event of <see cref="JobGraph.Commands"/>, framed as in <see cref="EventBatch.Payload"/>.</summary>
    /// <param name="operatorIndex">An operator that keeps keys in quarantine.</param>
    /// <param name="key">The key, as its codec writes it.</param>
    /// <param name="release">True to apply what is held for the key, false to drop it.</param>
    public ReadOnlyMemory<byte> QuarantineCommand(int operatorIndex, ReadOnlyMemory<byte> key, bool release)
    {
        var bytes = new ByteWriter();
        int start = bytes.BeginFrame();
        var command = new QuarantineCommand(Graph.Operators[operatorIndex].Name, key.ToArray(), release);
        Codecs.For<QuarantineCommand>().Write(bytes, in command);
        bytes.EndFrame(start);
        return bytes.Detach();
    }

    /// <summary>Number of channels of a key group.</summary>
    public int ChannelCount(int operatorIndex, int group)
    {
        int count = 0;
        foreach (Edge edge in Graph.Operators[operatorIndex].Inputs)
        {
            foreach (StreamNode head in HeadsOf(edge.From))
                count += ChannelsFrom(edge, head, group);
        }

        return count;
    }

    /// <summary>
    /// Number of channels that bring barriers to a key group: <see cref="ChannelCount"/>, and one more for commands if
    /// the operator keeps keys in quarantine.
    /// </summary>
    public int BarrierCount(int operatorIndex, int group) =>
        ChannelCount(operatorIndex, group) + (Quarantines(operatorIndex) ? 1 : 0);

    /// <summary>Makes the program of a source partition.</summary>
    public SourceProgram CreateSource(int source, int partition) => new(this, source, partition);

    /// <summary>Makes the program of a key group.</summary>
    public GroupProgram CreateGroup(int operatorIndex, int group) => new(this, operatorIndex, group);

    /// <summary>Makes the program of one key of an operator with one grain per key.</summary>
    /// <exception cref="InvalidOperationException">The operator keeps its keys in one table.</exception>
    public KeyProgram CreateKey(int operatorIndex, int group) => Graph.Operators[operatorIndex].OneGrainPerKey
        ? new KeyProgram(this, operatorIndex, group)
        : throw new InvalidOperationException(
            $"The operator '{Graph.Operators[operatorIndex].Name}' has no grain per key.");

    /// <summary>Whether every key of an operator has a grain of its own that holds its state.</summary>
    public bool HasOneGrainPerKey(int operatorIndex) => Graph.Operators[operatorIndex].OneGrainPerKey;

    /// <summary>The same plan, in which every event comes to its operator as it is.</summary>
    internal JobPlan EventByEvent() => With(combinesEvents: false, HasWindowTables);

    /// <summary>The same plan, in which every window of a key goes by a timer of its own.</summary>
    internal JobPlan PaneByPane() => With(CombinesEvents, hasWindowTables: false);

    private JobPlan With(bool combinesEvents, bool hasWindowTables) =>
        new(Graph, Codecs, _partitions)
        {
            KeyText = KeyText,
            Scattered = Scattered,
            FiresAtReachedInstant = FiresAtReachedInstant,
            CombinesEvents = combinesEvents,
            HasWindowTables = hasWindowTables,
        };

    /// <summary>Reads a slice that another process wrote.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such a slice.</exception>
    public Slice DecodeSlice(SliceTarget target, ReadOnlyMemory<byte> bytes)
    {
        if (!HasChannel(target))
            throw new CorruptDataException($"the job '{Graph.Name}' has no channel {target}");
        Slice slice = Slice.HoldsPartials(bytes.Span) && Graph.Edges[target.Edge] is KeyEdge edge
            ? edge.NewPartials(target, Codecs)
            : Graph.Edges[target.Edge].NewSlice(target, Codecs);
        var reader = new ByteReader(bytes);
        slice.Decode(reader);
        if (reader.Remaining > 0)
            throw new CorruptDataException($"{reader.Remaining} bytes of a slice were not understood");
        return slice;
    }

    /// <summary>Where an event of a channel came from.</summary>
    internal EventOrigin OriginOf(SliceTarget target, long offset)
    {
        int first = 0;
        foreach (Edge input in Graph.Operators[target.Operator].Inputs)
        {
            foreach (StreamNode head in HeadsOf(input.From))
            {
                int instance = target.Channel - first;
                if (input is ForwardEdge)
                    instance = target.Group;
                else if (IsCoPartitioned(input, head.Id))
                    instance = KeyGroups.PartitionOf(target.Group, PartitionsOfHead(head.Id));
                first += ChannelsFrom(input, head, target.Group);
                if (target.Channel >= first)
                    continue;
                return head is ISourceNode source
                    ? new EventOrigin(source.Topic.Name, instance, offset)
                    : new EventOrigin(((IOperatorNode)head).Name, instance, null);
            }
        }

        throw new InvalidOperationException(
            $"The operator '{Graph.Operators[target.Operator].Name}' has no channel {target.Channel}.");
    }

    /// <summary>The sources and operators whose output reaches a node without a shuffle.</summary>
    internal static IEnumerable<StreamNode> HeadsOf(StreamNode node)
    {
        if (node.IsHead)
            return [node];
        return node.Upstream.SelectMany(HeadsOf).Distinct().OrderBy(head => head.Id);
    }

    /// <summary>The channel from a stage to a group over an edge, or -1 if the stage does not feed the group.</summary>
    internal int ChannelOf(Edge edge, Stage stage, int group)
    {
        int channel = 0;
        foreach (Edge input in edge.Target.Inputs)
        {
            foreach (StreamNode head in HeadsOf(input.From))
            {
                if (input.Id == edge.Id && head.Id == stage.Head)
                {
                    if (edge is ForwardEdge)
                        return group == stage.Instance ? channel : -1;
                    if (!IsCoPartitioned(edge, head.Id))
                        return channel + stage.Instance;
                    return KeyGroups.PartitionOf(group, PartitionsOfHead(head.Id)) == stage.Instance ? channel : -1;
                }

                channel += ChannelsFrom(input, head, group);
            }
        }

        throw new InvalidOperationException($"The edge {edge.Id} does not leave the stage {stage.Head}.");
    }

    /// <summary>
    /// Whether an edge keeps to the partitions of a source: same key object, and as many groups as topics have.
    /// </summary>
    internal bool IsCoPartitioned(Edge edge, int head) =>
        edge is KeyEdge { FollowsPartitions: true } && GroupCount == KeyGroups.Default
        && Graph.Nodes[head] is ISourceNode source && !Scattered.Contains(source.Topic.Name);

    /// <summary>How many instances a stage has: partitions of a source, instances of an operator.</summary>
    internal int PartitionsOfHead(int head) => Graph.Nodes[head] switch
    {
        ISourceNode source => PartitionsOf(source.Topic.Name),
        IOperatorNode node => InstancesOf(node.Index),
        _ => GroupCount,
    };

    // The channel of commands lies behind those of the inputs.
    private bool HasChannel(SliceTarget target) =>
        (uint)target.Edge < (uint)Graph.Edges.Count
        && Graph.Edges[target.Edge].Target.Index == target.Operator
        && (uint)target.Group < (uint)InstancesOf(target.Operator)
        && (uint)target.Channel < (uint)(ChannelCount(target.Operator, target.Group)
            + (Graph.Edges[target.Edge] is CommandEdge ? 1 : 0));

    private int ChannelsFrom(Edge edge, StreamNode head, int group)
    {
        if (edge is ForwardEdge)
            return group < PartitionsOfHead(head.Id) ? 1 : 0;
        return IsCoPartitioned(edge, head.Id) ? 1 : PartitionsOfHead(head.Id);
    }

    private static readonly System.Reflection.MethodInfo GroupOfTyped = typeof(JobPlan).GetMethod(
        nameof(GroupOf), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!;

    private delegate int GroupOfBytes(JobPlan plan, int operatorIndex, ReadOnlyMemory<byte> key);

    private static int GroupOf<TKey>(JobPlan plan, int operatorIndex, ReadOnlyMemory<byte> bytes)
        where TKey : notnull
    {
        var reader = new ByteReader(bytes);
        TKey key = plan.Codecs.For<TKey>().Read(reader);
        if (key is null || reader.Remaining > 0)
            throw new CorruptDataException($"the bytes are no key of '{plan.Graph.Operators[operatorIndex].Name}'");
        var edge = plan.Graph.Operators[operatorIndex].Inputs.OfType<KeyEdge>().First();
        return KeyGroups.GroupOf(((KeyHasher<TKey>)edge.GroupHasher(plan.Codecs)).Hash(key), plan.GroupCount);
    }
}
