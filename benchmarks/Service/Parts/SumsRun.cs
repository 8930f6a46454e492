namespace Weir.Benchmarks.Service.Parts;

using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;
using Weir.Client;
using Weir.Engine.Streams;

/// <summary>
/// Sums of many keys over additions that lie in the log before the job begins. It is the difference between two runs that
/// counts: one has an addition for every key, the other has the events as well. So neither the start of a job nor new keys
/// are part of it. With 1.2 s for the one and 3.2 s for the other, 4 million events took 2 s.
/// </summary>
internal sealed record SumsRun(int Keys, int Events)
{
    private const int Samples = 1000;

    /// <summary>The additions; by default round and round over all keys.</summary>
    public IEnumerable<Addition> Input { get; init; } = Additions.Scattered(Keys, Events);

    /// <summary>Whether the topic has no key, so that the job shuffles.</summary>
    public bool IsShuffled { get; init; }

    /// <summary>Runs over new directories.</summary>
    /// <exception cref="WrongResultException">A sum is wrong, or there were too few events to measure.</exception>
    public async Task<Dictionary<string, double>> RunAsync(string directory)
    {
        Stretch shorter = await RunAsync(Path.Combine(directory, "first"), []);
        Stretch longer = await RunAsync(Path.Combine(directory, "all"), [.. Input]);
        return longer.Elapsed > shorter.Elapsed && longer.Cpu > shorter.Cpu
            ? (longer - shorter).Of(Events)
            : throw new WrongResultException($"{Events} events are too few: they took no time.");
    }

    /// <summary>Runs over a new directory without measuring, so that the code is compiled.</summary>
    public Task WarmAsync(string directory) => RunAsync(directory, [.. Input]);

    private Task<Stretch> RunAsync(string directory, Addition[] additions) => IsShuffled
        ? RunAsync<ShuffledSumsJob>(directory, additions, Additions.Unkeyed, ShuffledSumsJob.Sums)
        : RunAsync<SumsJob>(directory, additions, Additions.Keyed, SumsJob.Sums);

    private async Task<Stretch> RunAsync<TJob>(
        string directory, Addition[] additions, Topic<Addition> topic, View<long, long> view)
        where TJob : StreamJob
    {
        string job = IsShuffled ? ShuffledSumsJob.JobName : SumsJob.JobName;
        await using BenchSilo silo = await BenchSilo.StartAsync<TJob>(directory);
        await silo.Client.CreateTopicAsync(topic);
        await silo.SendAsync(topic, Additions.First(Keys).Concat(additions));
        GC.Collect();
        var start = new StretchStart();
        await silo.Client.StartJobAsync(job);
        await silo.AppliedAsync(job, Keys + (long)additions.Length);
        Stretch stretch = start.End();
        await CheckAsync(silo.Client.View(job, view), additions);
        return stretch;
    }

    private async Task CheckAsync(IKeyedView<long, long> view, Addition[] additions)
    {
        var expected = new long[Keys];
        foreach (Addition addition in Additions.First(Keys).Concat(additions))
            expected[addition.Key] += addition.Amount;
        for (int i = 0; i < Samples; i++)
        {
            long key = i * (long)Keys / Samples;
            WrongResultException.ThrowUnlessEqual(
                expected[key], (await view.FindAsync(key))?.Value ?? 0, $"the sum of the key {key}");
        }
    }
}
