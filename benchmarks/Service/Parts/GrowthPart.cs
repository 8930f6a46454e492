namespace Weir.Benchmarks.Service.Parts;

using Weir.Benchmarks.Service.Measuring;

/// <summary>
/// What an event costs with 1, 10 and 100 times the keys, and with 10 times the events. A ratio of 1 says that the cost
/// does not grow.
/// </summary>
internal sealed class GrowthPart(ServiceOptions options) : IPart
{
    public string Name => "growth";

    public async IAsyncEnumerable<Row> RunAsync(string directory)
    {
        int keys = options.Keys / 100;
        int events = 2 * options.Events;
        (int Keys, int Events)[] sizes =
        [
            (keys, events), (10 * keys, events), (100 * keys, events), (keys, 10 * events),
        ];
        await new SumsRun(keys, events).WarmAsync(Path.Combine(directory, "warm"));
        double? least = null;
        foreach ((int count, int total) in sizes)
        {
            Dictionary<string, double> figures = await new SumsRun(count, total).RunAsync(
                Path.Combine(directory, FormattableString.Invariant($"{count}-{total}")));
            least ??= figures[Headings.Cpu];
            figures["CPU / first row"] = figures[Headings.Cpu] / least.Value;
            yield return new Row(Name, FormattableString.Invariant($"{count:N0} keys, {total:N0} events"), figures);
        }
    }
}
