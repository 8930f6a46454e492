namespace Weir.Engine.Graph;

using System.Security.Cryptography;
using System.Text;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Streams;

/// <summary>
/// What a job's <see cref="StreamJob.Define"/> stated: nodes, edges, outputs and views, validated as a whole. Every
/// silo builds the same one, and its fingerprint says so.
/// </summary>
public sealed class JobGraph
{
    private readonly List<StreamNode> _nodes = [];
    private readonly List<ISourceNode> _sources = [];
    private readonly List<IOperatorNode> _operators = [];
    private readonly List<Edge> _edges = [];
    private readonly List<(StreamNode From, Topic Topic, Delivery Delivery)> _outputs = [];
    private readonly List<(StreamNode From, Sink Sink)> _sinks = [];
    private readonly List<string> _faults = [];

    internal JobGraph(string name, string version = "") => (Name, Version) = (name, version);

    /// <summary>The job's name.</summary>
    public string Name { get; }

    /// <summary>See <see cref="StreamJob.Version"/>.</summary>
    public string Version { get; }

    /// <summary>Number of key groups, 1 to 32 768; fixed for the life of the state. Default: 64.</summary>
    public int GroupCount { get; internal set; } = KeyGroups.Default;

    /// <summary>
    /// Equal for equal graphs: the names, types and parameters of all nodes and how they are connected. Functions are
    /// compared by the type that holds them, not by what they do; the job's <see cref="StreamJob.Version"/> tells what they
    /// do apart.
    /// </summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>The topics that the job reads, in order of definition.</summary>
    public IReadOnlyList<Topic> Inputs =>
        [.. _sources.Select(source => source.Topic).Where(topic => !ReferenceEquals(topic, Commands))];

    /// <summary>The topics that the job writes, each once, in order of definition.</summary>
    public IReadOnlyList<Topic> Outputs => [.. _outputs.Select(output => output.Topic).DistinctBy(topic => topic.Name)];

    /// <summary>The sinks that the job writes, each once, in order of definition.</summary>
    public IReadOnlyList<Sink> Sinks => [.. _sinks.Select(output => output.Sink).Distinct()];

    /// <summary>
    /// Whether reading the same input again gives the same output in the same order, so that what is stored already can
    /// be told from what is not: all output comes from functions without keys, or from co-partitioned operators. True for
    /// a job without output.
    /// </summary>
    public bool RepeatsItsOutput => DeliveryRules.RepeatsOutput(this);

    /// <summary>
    /// The topic of commands to the job's keys, <c>&lt;job&gt;-commands</c>, of one partition; null if none of its
    /// operators keeps keys in quarantine. The job's last source reads it; it is not among the inputs.
    /// </summary>
    public Topic? Commands { get; private set; }

    internal IEnumerable<Topic> AllOutputs => _outputs.Select(output => output.Topic);

    internal IReadOnlyList<StreamNode> Nodes => _nodes;

    internal IReadOnlyList<ISourceNode> Sources => _sources;

    internal IReadOnlyList<IOperatorNode> Operators => _operators;

    internal IEnumerable<IPartitionNode> PartitionFunctions => _nodes.OfType<IPartitionNode>();

    internal IReadOnlyList<Edge> Edges => _edges;

    internal IReadOnlyList<(StreamNode From, Topic Topic, Delivery Delivery)> TopicOutputs => _outputs;

    internal IReadOnlyList<(StreamNode From, Sink Sink)> SinkOutputs => _sinks;

    /// <summary>Whether batches of output follow those of input, so that the end of each has to be told.</summary>
    public bool HasImmediateOutput => _outputs.Exists(output => output.Delivery == Delivery.Immediate);

    internal IReadOnlyList<string> Faults => _faults;

    /// <summary>Builds and validates the graph of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="codecs">Finds the codecs of all types in it.</param>
    /// <exception cref="JobDefinitionException">The graph has faults; the exception lists all of them.</exception>
    public static JobGraph Build(StreamJob job, CodecRegistry codecs) => Build(job, codecs, job?.Name!);

    /// <summary>Builds and validates the graph of a job that runs under another name beside it.</summary>
    /// <param name="job">The job.</param>
    /// <param name="codecs">Finds the codecs of all types in it.</param>
    /// <param name="name">The name, which is also that of its own topic of commands.</param>
    /// <exception cref="JobDefinitionException">The graph has faults; the exception lists all of them.</exception>
    public static JobGraph Build(StreamJob job, CodecRegistry codecs, string name)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(codecs);
        var graph = new JobGraph(name, job.Version ?? "");
        job.Define(new JobBuilder(graph));
        graph.TakeCommands();
        string[] faults = [.. GraphRules.Check(graph, codecs)];
        if (faults.Length > 0)
            throw new JobDefinitionException(job.Name, faults);
        graph.Fingerprint = graph.ComputeFingerprint();
        return graph;
    }

    internal TNode Add<TNode>(TNode node, params StreamNode[] upstream)
        where TNode : StreamNode
    {
        node.Id = _nodes.Count;
        node.Upstream.AddRange(upstream);
        _nodes.Add(node);
        if (node is ISourceNode source)
            _sources.Add(source);
        if (node is IOperatorNode operatorNode)
        {
            operatorNode.Index = _operators.Count;
            _operators.Add(operatorNode);
        }

        return node;
    }

    internal void Connect<TEdge, T>(TEdge edge, StreamNode<T> from)
        where TEdge : Edge, IConsumer<T>
    {
        edge.Id = _edges.Count;
        _edges.Add(edge);
        edge.Target.Inputs.Add(edge);
        from.Consumers.Add(edge);
    }

    internal void Write<T>(StreamNode<T> from, Topic<T> topic, Delivery delivery = Delivery.Transactional)
    {
        _outputs.Add((from, topic, delivery));
        from.Consumers.Add(new TopicSink<T>(topic, delivery));
    }

    internal void Write<T>(StreamNode<T> from, Sink<T> sink)
    {
        _sinks.Add((from, sink));
        from.Consumers.Add(new SinkNode<T>(sink));
    }

    internal void Fault(string fault) => _faults.Add(fault);

    private void TakeCommands()
    {
        IOperatorNode[] quarantining = [.. _operators.Where(node => node.Errors is { Quarantines: true })];
        string name = $"{Name}-commands";
        if (quarantining.Length == 0 || !Names.IsValid(Name))
            return;
        if (!Names.IsValid(name))
        {
            Fault($"The name of a job that keeps keys in quarantine has at most 191 characters, not {Name.Length}.");
            return;
        }

        if (Inputs.Concat(Outputs).Any(topic => topic.Name == name))
            Fault($"The topic '{name}' is the job's own, for commands to its keys: give yours another name.");
        Topic<QuarantineCommand> commands = Topic.Of<QuarantineCommand>(name);
        Commands = commands;
        SourceNode<QuarantineCommand> source = Add(new SourceNode<QuarantineCommand>(commands));
        foreach (IOperatorNode node in quarantining)
        {
            var edge = new CommandEdge(source) { Id = _edges.Count, Input = node.Inputs.Count, Target = node };
            _edges.Add(edge);
            source.Consumers.Add(edge);
        }
    }

    private string ComputeFingerprint()
    {
        var text = new StringBuilder();
        text.Append("groups ").Append(GroupCount).Append('\n');
        if (Version.Length > 0)
            text.Append("version ").Append(Version).Append('\n');
        foreach (StreamNode node in _nodes)
        {
            text.Append(node.Id).Append(' ').Append(node.Describe()).Append(" : ").Append(node.EventType)
                .Append(" <- ").AppendJoin(',', node.Upstream.Select(upstream => upstream.Id)).Append('\n');
        }

        foreach (Edge edge in _edges)
            text.Append(edge.Describe()).Append('\n');

        foreach ((StreamNode from, Topic topic, Delivery delivery) in _outputs)
        {
            text.Append(from.Id).Append(" -> topic ").Append(topic.Name).Append(' ').Append(topic.Schema)
                .Append(delivery == Delivery.Immediate ? " at once\n" : "\n");
        }

        foreach ((StreamNode from, Sink sink) in _sinks)
            text.Append(from.Id).Append(" -> ").Append(sink.Target).Append(' ').Append(sink.EventType).Append('\n');

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}

/// <summary>A job's graph has faults; <see cref="Faults"/> lists all of them, each naming what it is about.</summary>
public sealed class JobDefinitionException(string job, IReadOnlyList<string> faults) : Exception(
    $"The job '{job}' can not run:{string.Concat(faults.Select(fault => $"\n- {fault}"))}")
{
    /// <summary>One sentence per fault.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
