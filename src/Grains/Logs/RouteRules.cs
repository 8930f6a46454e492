namespace Weir.Grains.Logs;

using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;
using Weir.Protocol.Logs;

/// <summary>What a job can ask of topics that come from other systems.</summary>
internal static class RouteRules
{
    /// <exception cref="JobDefinitionException">The job asks for more; the exception lists everything.</exception>
    public static void Check(HostedJob job, IReadOnlyList<TopicRoute> routes)
    {
        string[] faults = [.. FaultsOf(job, routes)];
        if (faults.Length > 0)
            throw new JobDefinitionException(job.Name, faults);
    }

    private static IEnumerable<string> FaultsOf(HostedJob job, IReadOnlyList<TopicRoute> routes)
    {
        foreach (Topic input in job.Graph.Inputs)
        {
            if (CapabilitiesOf(input, routes) is not { } can)
                continue;
            if (!can.Ticks && job.KeyPlan.HasIdleness(input.Name))
                yield return $"The topic '{input.Name}' comes from another system, and nothing there tells that time passes "
                    + "while nothing is sent, so idleAfter would do nothing. Let Weir send ticks (SendsTicks), or leave it out.";
            if (!can.PlacesByKey && job.Graph.HasImmediateOutput)
                yield return $"The topic '{input.Name}' comes from another system, which places events by rules of its own, "
                    + "so immediate output would not be the same in a replay. Use transactional output.";
        }

        foreach (Topic output in job.Graph.Outputs)
        {
            if (CapabilitiesOf(output, routes) is { DedupesProducers: false })
                yield return $"The job writes to the topic '{output.Name}', which comes from another system and is only "
                    + "read. Write to a sink of that system, for example a KafkaSink.";
        }
    }

    private static LogCapabilities? CapabilitiesOf(Topic topic, IReadOnlyList<TopicRoute> routes) =>
        routes.FirstOrDefault(route => route.Topics.Contains(topic.Name))?.Log.Capabilities;
}
