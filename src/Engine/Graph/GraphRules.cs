namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>The rules that a graph must obey; each gives a sentence per fault.</summary>
internal static class GraphRules
{
    private const string NameRule = "use 1 to 200 lower-case letters, digits, '.', '_' or '-'";

    public static IEnumerable<string> Check(JobGraph graph, CodecRegistry codecs) =>
    [
        .. graph.Faults,
        .. Shape(graph),
        .. OperatorNames(graph),
        .. PartNames(graph),
        .. ViewNames(graph),
        .. TopicTypes(graph),
        .. TopicUses(graph),
        .. SinkNames(graph),
        .. Codecs(graph, codecs),
        .. PartitionCodecs(graph, codecs),
        .. Keys(graph),
        .. PartitionFunctions(graph),
        .. EventTimes(graph),
        .. Hosting(graph),
        .. Generators(graph),
        .. Alignments(graph),
        .. DeliveryRules.Check(graph),
    ];

    private static IEnumerable<string> Shape(JobGraph graph)
    {
        if (!Names.IsValid(graph.Name))
            yield return $"'{graph.Name}' can not name a job: {NameRule}.";
        if (graph.Inputs.Count == 0)
            yield return "It reads no topic: begin with From(topic).";
        if (graph.Outputs.Count == 0 && graph.Sinks.Count == 0 && graph.Operators.Count == 0)
            yield return "It has no operator and writes no topic or sink: end a stream with To(topic) or To(sink).";
        if (graph.GroupCount is < 1 or > 32_768)
            yield return $"{graph.GroupCount} key groups are not possible: use 1 to 32768.";
    }

    private static IEnumerable<string> OperatorNames(JobGraph graph)
    {
        (string Name, string Kind)[] all =
        [
            .. graph.Operators.Select(node => (node.Name, node.Node.Kind)),
            .. graph.PartitionFunctions.Select(node => (node.Name, node.Node.Kind)),
        ];
        foreach ((string name, string kind) in all.Where(node => !Names.IsValid(node.Name)))
            yield return $"The operator '{name}' ({kind}) needs another name: {NameRule}.";
        foreach (var twins in all.GroupBy(node => node.Name).Where(IsShared))
        {
            yield return $"The name '{twins.Key}' belongs to {twins.Count()} operators: a name identifies state, so it "
                + "must be unique.";
        }
    }

    private static IEnumerable<string> PartNames(JobGraph graph)
    {
        (string Name, IEnumerable<string> Parts)[] all =
        [
            .. graph.Operators.Select(node => (node.Name, node.PartNames)),
            .. graph.PartitionFunctions.Select(node =>
                (node.Name, node.Slots.Select(slot => $"state '{slot.Name}'"))),
        ];
        foreach ((string name, IEnumerable<string> parts) in all)
        {
            foreach (var twins in parts.GroupBy(part => part).Where(IsShared))
                yield return $"The operator '{name}' has {twins.Count()} parts with the name of the {twins.Key}.";
        }
    }

    private static IEnumerable<string> PartitionFunctions(JobGraph graph)
    {
        foreach (IPartitionNode node in graph.PartitionFunctions)
        {
            foreach (IOperatorNode head in JobPlan.HeadsOf(node.Node).OfType<IOperatorNode>())
                yield return $"The function '{node.Name}' has state per partition of a source, but takes the results "
                    + $"of the operator '{head.Name}': use it before KeyBy, or state per key after it.";
        }
    }

    private static IEnumerable<string> ViewNames(JobGraph graph)
    {
        foreach (var twins in graph.Operators.Where(node => node.View is not null).GroupBy(node => node.View!.Name))
        {
            if (!IsShared(twins))
                continue;
            yield return $"The view '{twins.Key}' is published by {And(twins.Select(Quoted))}: one operator owns a "
                + "view.";
        }
    }

    private static IEnumerable<string> TopicTypes(JobGraph graph)
    {
        foreach (var topics in graph.Inputs.Concat(graph.AllOutputs).GroupBy(topic => topic.Name))
        {
            Type[] types = [.. topics.Select(topic => topic.EventType).Distinct()];
            if (types.Length > 1)
                yield return $"The topic '{topics.Key}' is used with the types {And(types.Select(type => type.Name))}.";
            else if (topics.Select(topic => topic.Version).Distinct().Count() > 1)
                yield return $"The topic '{topics.Key}' is used with several versions of {types[0].Name}.";
            else if (topics.Select(topic => topic.KeyObject).Distinct().Count() > 1)
                yield return $"The topic '{topics.Key}' is used with different keys, or with and without one.";
        }
    }

    private static IEnumerable<string> TopicUses(JobGraph graph)
    {
        IEnumerable<string> inputs = graph.Inputs.Select(topic => topic.Name);
        foreach (string name in inputs.Intersect(graph.Outputs.Select(topic => topic.Name)))
            yield return $"The topic '{name}' is both read and written: that would be a cycle.";
        foreach (var twice in inputs.GroupBy(name => name).Where(IsShared))
        {
            yield return $"The topic '{twice.Key}' is read {twice.Count()} times: read it once and use that stream in "
                + "several places.";
        }
    }

    private static IEnumerable<string> SinkNames(JobGraph graph)
    {
        foreach (var twins in graph.Sinks.GroupBy(sink => sink.Name).Where(IsShared))
        {
            yield return $"The name '{twins.Key}' belongs to {twins.Count()} sinks: a name says how much a sink has "
                + "stored, so it must be unique.";
        }
    }

    private static IEnumerable<string> Codecs(JobGraph graph, CodecRegistry codecs)
    {
        foreach (Topic topic in graph.Inputs.Concat(graph.Outputs).DistinctBy(topic => topic.Name))
        {
            foreach (Type type in topic.OlderTypes.Prepend(topic.EventType).Where(type => codecs.TryFind(type) is null))
                yield return $"The topic '{topic.Name}': {new NoCodecException(type).Message}";
        }

        foreach (Sink sink in graph.Sinks.Where(sink => codecs.TryFind(sink.EventType) is null))
            yield return $"The sink '{sink.Name}': {new NoCodecException(sink.EventType).Message}";

        foreach (IOperatorNode node in graph.Operators)
        {
            IEnumerable<Type> inputs = node.Inputs.Select(edge => edge.From.EventType);
            IEnumerable<Type> types = [.. inputs, .. node.StateTypes];
            if (node.KeyType is { } key)
                types = types.Prepend(key);
            if (node.View is not null)
                types = types.Append(node.View.ValueType);
            if (node.OneGrainPerKey)
                types = types.Concat(node.OutputTypes);
            foreach (Type type in types.Distinct().Where(type => codecs.TryFind(type) is null))
                yield return $"The operator '{node.Name}': {new NoCodecException(type).Message}";
        }
    }

    private static IEnumerable<string> PartitionCodecs(JobGraph graph, CodecRegistry codecs)
    {
        foreach (IPartitionNode node in graph.PartitionFunctions)
        {
            IEnumerable<Type> types = node.Slots.SelectMany(slot => slot.Types).Distinct();
            foreach (Type type in types.Where(type => codecs.TryFind(type) is null))
                yield return $"The operator '{node.Name}': {new NoCodecException(type).Message}";
        }
    }

    private static IEnumerable<string> Keys(JobGraph graph)
    {
        foreach (IOperatorNode node in graph.Operators)
        {
            if (node.KeyType is not { } key || KeyTypes.CompareByValue(key))
                continue;
            yield return $"The operator '{node.Name}' has keys of the type '{key}', which are equal only if "
                + "they are the same object: use a record or struct without arrays and collections in it.";
        }
    }

    private static IEnumerable<string> EventTimes(JobGraph graph)
    {
        foreach (IOperatorNode node in graph.Operators.Where(node => node.NeedsEventTime))
        {
            foreach (StreamNode head in node.Inputs.SelectMany(edge => OriginsOf(edge.From)).Distinct())
            {
                if (head is not ISourceNode { HasEventTime: false } source)
                    continue;
                yield return $"The operator '{node.Name}' works in event time, but the topic '{source.Topic.Name}' has "
                    + "no WithEventTime.";
            }
        }
    }

    private static IEnumerable<string> Hosting(JobGraph graph)
    {
        foreach (IOperatorNode node in graph.Operators.Where(node => node.MayWait && !node.OneGrainPerKey))
        {
            yield return $"The function of '{node.Name}' waits: add .OneGrainPerKey() to the operator, or use "
                + "KeyedProcess.";
        }

        foreach (IOperatorNode node in graph.Operators.Where(node => node.OneGrainPerKey))
        {
            if (node.Inputs.Exists(edge => !edge.IsMain))
                yield return $"The operator '{node.Name}' takes broadcast events, whose state its keys share: it can "
                    + "not have one grain per key.";
            if (node.Errors is { Quarantines: true })
                yield return $"The operator '{node.Name}' has one grain per key and keeps keys in quarantine: only a "
                    + "group can. Choose Errors.Fail or Errors.DeadLetterTo.";
        }
    }

    private static IEnumerable<string> Generators(JobGraph graph)
    {
        foreach (ISourceNode source in graph.Sources)
        {
            Type type = source.Topic.EventType;
            if (source.Watermarks?.Generator.EventType is { } taken && taken != type)
                yield return $"The topic '{source.Topic.Name}' holds events of the type '{type}', and its watermark "
                    + $"generator takes '{taken}': derive it from WatermarkGenerator<{type.Name}>.";
        }
    }

    private static IEnumerable<string> Alignments(JobGraph graph)
    {
        foreach (ISourceNode source in graph.Sources)
        {
            if (source.Watermarks?.Alignment is not { } alignment)
                continue;
            if (!Names.IsValid(alignment.Group))
                yield return $"The topic '{source.Topic.Name}' is aligned with the group '{alignment.Group}', which "
                    + $"needs another name: {NameRule}.";
            if (alignment.MaxDrift < TimeSpan.FromMilliseconds(1))
                yield return $"The topic '{source.Topic.Name}' is aligned with a drift of {alignment.MaxDrift}: "
                    + "MaxDrift must be 1 ms or more.";
        }
    }

    /// <summary>Where events got their timestamps: an operator without keys passes them on.</summary>
    private static IEnumerable<StreamNode> OriginsOf(StreamNode node) => JobPlan.HeadsOf(node).SelectMany(head =>
        head is IOperatorNode { KeyType: null } passing
            ? passing.Inputs.SelectMany(edge => OriginsOf(edge.From))
            : [head]);

    private static bool IsShared<TKey, T>(IGrouping<TKey, T> users) => users.Skip(1).Any();

    private static string Quoted(IOperatorNode node) => $"'{node.Name}'";

    private static string And(IEnumerable<string> names) => string.Join(" and ", names);
}
