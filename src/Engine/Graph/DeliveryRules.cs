namespace Weir.Engine.Graph;

using Weir.Engine.Streams;

/// <summary>
/// Where output may be seen at once: a replay must give the same events in the same order, so nothing that they follow
/// from may depend on arrival.
/// </summary>
internal static class DeliveryRules
{
    public static IEnumerable<string> Check(JobGraph graph)
    {
        foreach (var writers in graph.TopicOutputs.GroupBy(output => output.Topic.Name))
        {
            if (writers.Select(output => output.Delivery).Distinct().Count() > 1)
                yield return $"The topic '{writers.Key}' is written both at once and with checkpoints: choose one "
                    + "Delivery for all that is written to it.";
        }

        foreach ((StreamNode from, Topic topic, Delivery delivery) in graph.TopicOutputs)
        {
            if (delivery != Delivery.Immediate)
                continue;
            foreach (IOperatorNode head in JobPlan.HeadsOf(from).OfType<IOperatorNode>())
            {
                if (WhyNot(graph, head) is { } why)
                    yield return $"The topic '{topic.Name}' is written at once with results of '{head.Name}', {why}: "
                        + "what it writes depends on arrival, so use Delivery.Transactional.";
            }
        }
    }

    /// <summary>Whether a replay gives all output of the job again, with the same events in the same order.</summary>
    public static bool RepeatsOutput(JobGraph graph) => graph.TopicOutputs.Select(output => output.From)
        .Concat(graph.SinkOutputs.Select(output => output.From))
        .SelectMany(from => JobPlan.HeadsOf(from).OfType<IOperatorNode>())
        .All(head => WhyNot(graph, head) is null);

    private static string? WhyNot(JobGraph graph, IOperatorNode head)
    {
        if (head.KeyType is null)
            return "which waits for answers of the outside";
        if (head.OneGrainPerKey)
            return "which has one grain per key";
        if (head.Errors is { Quarantines: true })
            return "which keeps keys in quarantine until somebody releases them";
        bool hasOneInput = head.Inputs.Count == 1 && JobPlan.HeadsOf(head.Inputs[0].From).Count() == 1;
        if (!hasOneInput)
            return "which has several inputs";
        bool isCoPartitioned = head.Inputs[0] is KeyEdge { FollowsPartitions: true }
            && graph.GroupCount == KeyGroups.Default
            && JobPlan.HeadsOf(head.Inputs[0].From).Single() is ISourceNode;
        return isCoPartitioned ? null : "whose input is shuffled";
    }
}
