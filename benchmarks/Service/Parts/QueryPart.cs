namespace Weir.Benchmarks.Service.Parts;

using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;

/// <summary>
/// Queries of single keys, in the process of the silo and from a client in another process, while the job is idle and at
/// 80 % load. Every answer is compared: the load has keys of its own, in the same key groups.
/// </summary>
internal sealed class QueryPart(ServiceOptions options) : IPart
{
    private const double Share = 0.8;

    public string Name => "query";

    private LoadKeys Loaded => new(options.Keys, options.Keys);

    public async IAsyncEnumerable<Row> RunAsync(string directory)
    {
        var run = new QueryRun(options.Keys, options.Time);
        await using BenchSilo silo = await BenchSilo.StartAsync<SumsJob>(directory);
        await silo.Client.StartJobAsync(SumsJob.JobName);
        await silo.SendAsync(Additions.Keyed, Additions.First(options.Keys));
        await Load.CapacityAsync(silo, Loaded, Math.Max(options.Events, options.Keys));
        double capacity = await Load.CapacityAsync(silo, Loaded, options.Events);

        foreach (double rate in new[] { 0, capacity * Share })
        {
            foreach (bool isApart in new[] { false, true })
            {
                foreach (Callers callers in Callers.All)
                {
                    string place = isApart ? "other process" : "in process";
                    yield return new Row(
                        Name,
                        $"{place}, {(rate > 0 ? "80 % load" : "idle job")}, {callers.Text}",
                        await MeasureAsync(silo, rate, () => isApart
                            ? QueryClient.RunApartAsync(silo.Gateway, callers, options)
                            : run.RunAsync(silo.Client, callers)));
                }
            }
        }
    }

    private async Task<Dictionary<string, double>> MeasureAsync(
        BenchSilo silo, double rate, Func<Task<Dictionary<string, double>>> ask)
    {
        if (rate == 0)
            return await ask();
        long before = await silo.AppliedAsync(SumsJob.JobName, 0);
        Load load = Load.Begin(silo, Loaded, rate);
        Dictionary<string, double> figures = await ask();
        await load.EndAsync(figures, before, 0);
        return figures;
    }
}
