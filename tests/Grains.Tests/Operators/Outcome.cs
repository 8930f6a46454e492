namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>What a scenario has given.</summary>
/// <param name="Lines">By output topic, in the order of each partition.</param>
/// <param name="Late">Late events by operator.</param>
/// <param name="View">What the view holds by key; empty without a view.</param>
internal sealed record Outcome(
    IReadOnlyDictionary<string, IReadOnlyList<string>> Lines,
    IReadOnlyDictionary<string, long> Late,
    IReadOnlyDictionary<string, long> View)
{
    /// <summary>What the harness gives for the same input, stamped alike.</summary>
    public static async Task<Outcome> OfHarnessAsync(OperatorScenario scenario, EventTime begin)
    {
        var run = new JobHarness(scenario, new HarnessOptions { Partitions = scenario.Partitions, ClockOfLog = true });
        for (int i = 0; i < OperatorRun.RoundCount; i++)
        {
            run.AdvanceClock(begin + TimeSpan.FromSeconds(i));
            Round round = i < scenario.Rounds.Count ? scenario.Rounds[i] : Round.Quiet;
            foreach ((Topic<Reading> topic, Reading[] events) in round.Sends)
                run.Send(topic, events);
            await run.RunCallsAsync();
        }

        run.Seal();
        await run.RunCallsAsync();
        return new Outcome(
            scenario.Outputs.ToDictionary(topic => topic.Name, topic => run.Read(topic)),
            OperatorsOf(scenario).ToDictionary(name => name, run.LateEvents),
            scenario.View is not { } view ? new Dictionary<string, long>() : KeysOf(scenario).ToDictionary(
                key => key, key => run.Find(view, key)!.Value));
    }

    public static IEnumerable<string> KeysOf(OperatorScenario scenario) =>
        scenario.AllReadings.Select(reading => reading.Key).Distinct();

    /// <summary>The same, as far as the scenario promises it.</summary>
    public void CheckAgainst(Outcome expected, OperatorScenario scenario)
    {
        foreach ((string topic, IReadOnlyList<string> lines) in expected.Lines)
        {
            Assert.NotEmpty(lines);
            Assert.Equal(Sorted(lines), Sorted(Lines[topic]));
            if (!scenario.IsOrdered)
                continue;
            foreach (var key in lines.GroupBy(KeyOf))
                Assert.Equal(key, Lines[topic].Where(line => KeyOf(line) == key.Key));
        }

        if (scenario.Oracle is { } oracle)
            Assert.Equal(Sorted(oracle), Sorted(Lines[scenario.Output.Name]));
        Assert.Equal(expected.Late.OrderBy(each => each.Key), Late.OrderBy(each => each.Key));
        Assert.Equal(expected.View.OrderBy(each => each.Key), View.OrderBy(each => each.Key));
    }

    private static IReadOnlyList<string> OperatorsOf(OperatorScenario scenario)
    {
        var codecs = new CodecRegistry();
        JobGraph graph = JobGraph.Build(scenario, codecs);
        return new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => 1)).OperatorNames;
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> lines) => lines.Order(StringComparer.Ordinal);

    private static string KeyOf(string line) => line.Split(' ')[0];
}
