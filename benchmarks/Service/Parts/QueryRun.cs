namespace Weir.Benchmarks.Service.Parts;

using System.Diagnostics;
using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;
using Weir.Client;

/// <summary>Who asks.</summary>
/// <param name="Text">How a table calls them.</param>
/// <param name="Count">How many ask at the same time, each one key after the other.</param>
/// <param name="Pause">How long each waits after an answer.</param>
internal sealed record Callers(string Text, int Count, TimeSpan Pause)
{
    /// <summary>
    /// One that pauses is no load itself, but finds threads and caches cold; many show how many queries there can be.
    /// </summary>
    public static readonly IReadOnlyList<Callers> All =
    [
        new("one caller", 1, TimeSpan.Zero),
        new("one caller that pauses 1 ms", 1, TimeSpan.FromMilliseconds(1)),
        new("16 callers", 16, TimeSpan.Zero),
    ];
}

/// <summary>Queries for some time. Every key must have the sum 1.</summary>
internal sealed class QueryRun(int keys, TimeSpan time)
{
    private const int WarmQueries = 5000;

    // From another process, on a loaded machine, so many queries may take a minute.
    private static readonly TimeSpan LongestWarmTime = TimeSpan.FromSeconds(10);
    private const int Stride = 104_729;

    public async Task<Dictionary<string, double>> RunAsync(IWeirClient client, Callers callers)
    {
        IKeyedView<long, long> view = client.View(SumsJob.JobName, SumsJob.Sums);
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < WarmQueries && Stopwatch.GetElapsedTime(began) < LongestWarmTime; i++)
            await AskAsync(view, i);
        began = Stopwatch.GetTimestamp();
        using var end = new CancellationTokenSource(time);
        Latencies latencies = Latencies.Join(await Task.WhenAll(Enumerable.Range(0, callers.Count).Select(
            caller => Task.Run(() => QueryAsync(view, caller * keys / callers.Count, callers.Pause, end.Token)))));
        var figures = new Dictionary<string, double>
        {
            ["queries/s"] = latencies.Count / Stopwatch.GetElapsedTime(began).TotalSeconds,
        };
        latencies.AddTo(figures);
        return figures;
    }

    private async Task<Latencies> QueryAsync(
        IKeyedView<long, long> view, int from, TimeSpan pause, CancellationToken end)
    {
        var latencies = new Latencies();
        for (int i = from; !end.IsCancellationRequested; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await AskAsync(view, i);
            latencies.AddSince(began);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, CancellationToken.None);
        }

        return latencies;
    }

    private async Task AskAsync(IKeyedView<long, long> view, int number)
    {
        long key = (long)number * Stride % keys;
        ViewAnswer<long>? answer = await view.FindAsync(key);
        WrongResultException.ThrowUnlessEqual(1, answer?.Value ?? 0, $"the sum of the key {key}");
    }
}
