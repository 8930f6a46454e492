namespace Weir.Benchmarks.Service.Parts;

using System.Diagnostics;
using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;
using Weir.Client;

/// <summary>
/// From the moment at which an event is sent until its view shows it, one event after the other: the send is durable, and
/// the view is asked again and again. The keys of these events are not those of the load.
/// </summary>
internal sealed class LatencyPart(ServiceOptions options) : IPart
{
    private const int ProbedKeys = 1000;
    private const int WarmProbes = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly long[] _expected = new long[ProbedKeys];
    private long _probes;

    public string Name => "latency";

    private TimeSpan Time => 5 * options.Time;

    public async IAsyncEnumerable<Row> RunAsync(string directory)
    {
        var keys = new LoadKeys(ProbedKeys, options.Keys);
        await using BenchSilo silo = await BenchSilo.StartAsync<SumsJob>(directory);
        await silo.Client.StartJobAsync(SumsJob.JobName);
        await Load.CapacityAsync(silo, keys, options.Events);
        double capacity = await Load.CapacityAsync(silo, keys, options.Events);

        for (int i = 0; i < WarmProbes; i++)
            await ProbeAsync(silo.Client, new Latencies());
        yield return new Row(Name, "append to view, idle job", FiguresOf(await ProbeAsync(silo.Client)));

        long before = await silo.AppliedAsync(SumsJob.JobName, 0);
        long probes = _probes;
        Load load = Load.Begin(silo, keys, capacity / 2);
        Dictionary<string, double> figures = FiguresOf(await ProbeAsync(silo.Client));
        await load.EndAsync(figures, before, _probes - probes);
        yield return new Row(Name, "append to view, half load", figures);
    }

    private static Dictionary<string, double> FiguresOf(Latencies latencies)
    {
        var figures = new Dictionary<string, double> { ["probes"] = latencies.Count };
        latencies.AddTo(figures);
        return figures;
    }

    private async Task<Latencies> ProbeAsync(IWeirClient client)
    {
        var latencies = new Latencies();
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Time;)
        {
            await ProbeAsync(client, latencies);
            await Task.Delay(Pause);
        }

        return latencies;
    }

    private async Task ProbeAsync(IWeirClient client, Latencies latencies)
    {
        IKeyedView<long, long> view = client.View(SumsJob.JobName, SumsJob.Sums);
        long key = _probes++ % ProbedKeys;
        long expected = ++_expected[key];
        long began = Stopwatch.GetTimestamp();
        await client.SendAsync(Additions.Keyed, new Addition(key, 1, default));
        long seen;
        while ((seen = (await view.FindAsync(key))?.Value ?? 0) < expected)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new WrongResultException($"The key {key} has {seen} in place of {expected}, and stays so.");
            await Task.Yield();
        }

        latencies.AddSince(began);
        WrongResultException.ThrowUnlessEqual(expected, seen, $"the key {key}");
    }
}
