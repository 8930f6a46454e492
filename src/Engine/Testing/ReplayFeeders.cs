namespace Weir.Engine.Testing;

using Weir.Engine.Graph;
using Weir.Engine.Streams;

/// <summary>A partition of a source or an instance of an operator.</summary>
/// <param name="IsSource">Which of the two.</param>
/// <param name="Index">Of the source or operator in the plan.</param>
/// <param name="Instance">The partition or group.</param>
internal readonly record struct StageInstance(bool IsSource, int Index, int Instance);

/// <summary>
/// What a key group depends on: everything whose events may reach it, over any number of operators.
/// </summary>
/// <remarks>
/// A group of a co-partitioned operator depends on one partition of its source. A group behind a shuffle depends on all
/// groups of the operator before it, and those on all partitions.
/// </remarks>
internal static class ReplayFeeders
{
    /// <summary>All that a group depends on, and the group itself; in the order of the plan.</summary>
    public static IReadOnlyList<StageInstance> Of(JobPlan plan, int operatorIndex, int group)
    {
        var found = new HashSet<StageInstance>();
        var open = new Stack<StageInstance>([new StageInstance(false, operatorIndex, group)]);
        while (open.TryPop(out StageInstance next))
        {
            if (!found.Add(next) || next.IsSource)
                continue;
            foreach (StageInstance feeder in Direct(plan, next))
                open.Push(feeder);
        }

        return [.. found.OrderBy(each => !each.IsSource).ThenBy(each => each.Index).ThenBy(each => each.Instance)];
    }

    private static IEnumerable<StageInstance> Direct(JobPlan plan, StageInstance of)
    {
        foreach (Edge edge in plan.Graph.Operators[of.Index].Inputs)
        {
            foreach (StreamNode head in JobPlan.HeadsOf(edge.From))
            {
                foreach (int instance in Instances(plan, edge, head.Id, of.Instance))
                    yield return head is ISourceNode source
                        ? new StageInstance(true, plan.Graph.Sources.ToList().IndexOf(source), instance)
                        : new StageInstance(false, ((IOperatorNode)head).Index, instance);
            }
        }

        if (plan.Quarantines(of.Index))
            yield return new StageInstance(true, plan.SourceCount - 1, 0);
    }

    private static IEnumerable<int> Instances(JobPlan plan, Edge edge, int head, int group)
    {
        int count = plan.PartitionsOfHead(head);
        if (edge is ForwardEdge)
            return group < count ? [group] : [];
        return plan.IsCoPartitioned(edge, head) ? [KeyGroups.PartitionOf(group, count)] : Enumerable.Range(0, count);
    }
}
