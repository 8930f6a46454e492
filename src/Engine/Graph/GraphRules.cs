namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>The rules that a graph must obey; each gives a sentence per fault.</summary>
internal static class GraphRules
{
    public static IEnumerable<string> Check(JobGraph graph, CodecRegistry codecs) =>
    [
        .. graph.Faults,
        .. Shape(graph),
        .. OperatorNames(graph),
        .. ViewNames(graph),
        .. TopicTypes(graph),
        .. Codecs(graph, codecs),
        .. EventTimes(graph),
    ];

    private static IEnumerable<string> Shape(JobGraph graph)
    {
        if (!Names.IsValid(graph.Name))
            yield return $"'{graph.Name}' can not name a job: use 1 to 200 lower-case letters, digits, '.', '_' or '-'.";
        if (graph.Sources.Count == 0)
            yield return "It reads no topic: begin with From(topic).";
        if (graph.Outputs.Count == 0 && graph.Operators.Count == 0)
            yield return "It has no operator and writes no topic: end a stream with To(topic).";
        if (graph.GroupCount is < 1 or > 32_768)
            yield return $"{graph.GroupCount} key groups are not possible: use 1 to 32768.";
    }

    private static IEnumerable<string> OperatorNames(JobGraph graph)
    {
        foreach (IOperatorNode node in graph.Operators.Where(node => !Names.IsValid(node.Name)))
            yield return $"The operator '{node.Name}' ({node.Node.Kind}) needs a name of 1 to 200 lower-case letters, digits, '.', '_' or '-'.";
        foreach (var twins in graph.Operators.GroupBy(node => node.Name).Where(group => group.Count() > 1))
            yield return $"The name '{twins.Key}' belongs to {twins.Count()} operators: a name identifies state, so it must be unique.";
    }

    private static IEnumerable<string> ViewNames(JobGraph graph)
    {
        foreach (var twins in graph.Operators.Where(node => node.View is not null).GroupBy(node => node.View!.Name).Where(group => group.Count() > 1))
            yield return $"The view '{twins.Key}' is published by {string.Join(" and ", twins.Select(node => $"'{node.Name}'"))}: one operator owns a view.";
    }

    private static IEnumerable<string> TopicTypes(JobGraph graph)
    {
        foreach (var topics in graph.Inputs.Concat(graph.Outputs).GroupBy(topic => topic.Name))
        {
            Type[] types = [.. topics.Select(topic => topic.EventType).Distinct()];
            if (types.Length > 1)
                yield return $"The topic '{topics.Key}' is used with the types {string.Join(" and ", types.Select(type => type.Name))}.";
        }

        foreach (string name in graph.Inputs.Select(topic => topic.Name).Intersect(graph.Outputs.Select(topic => topic.Name)))
            yield return $"The topic '{name}' is both read and written: that would be a cycle.";
        foreach (var twice in graph.Inputs.GroupBy(topic => topic.Name).Where(group => group.Count() > 1))
            yield return $"The topic '{twice.Key}' is read {twice.Count()} times: read it once and use that stream in several places.";
    }

    private static IEnumerable<string> Codecs(JobGraph graph, CodecRegistry codecs)
    {
        foreach (Topic topic in graph.Inputs.Concat(graph.Outputs).DistinctBy(topic => topic.Name))
        {
            if (codecs.TryFind(topic.EventType) is null)
                yield return $"The topic '{topic.Name}': {new NoCodecException(topic.EventType).Message}";
        }

        foreach (IOperatorNode node in graph.Operators)
        {
            IEnumerable<Type> types = [node.KeyType, .. node.Inputs.Select(edge => edge.From.EventType), .. node.StateTypes];
            if (node.View is not null)
                types = types.Append(node.View.ValueType);
            foreach (Type type in types.Distinct().Where(type => codecs.TryFind(type) is null))
                yield return $"The operator '{node.Name}': {new NoCodecException(type).Message}";
        }
    }

    private static IEnumerable<string> EventTimes(JobGraph graph)
    {
        foreach (IOperatorNode node in graph.Operators.Where(node => node.NeedsEventTime))
        {
            foreach (StreamNode head in node.Inputs.SelectMany(edge => JobPlan.HeadsOf(edge.From)).Distinct())
            {
                if (head is ISourceNode { HasEventTime: false } source)
                    yield return $"The operator '{node.Name}' uses event-time windows, but the topic '{source.Topic.Name}' has no WithEventTime.";
            }
        }
    }
}
