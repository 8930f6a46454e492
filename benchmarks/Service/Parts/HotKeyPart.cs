namespace Weir.Benchmarks.Service.Parts;

using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;

/// <summary>
/// Input of which 9 in 10 events go to one key, beside input that goes to all keys alike: of a topic with that key, where
/// the partition of the hot key has nearly all of the input, and of one without, where only its key group has.
/// </summary>
internal sealed class HotKeyPart(ServiceOptions options) : IPart
{
    private const int Keys = 100_000;

    public string Name => "hot";

    public async IAsyncEnumerable<Row> RunAsync(string directory)
    {
        await new SumsRun(Keys, options.Events).WarmAsync(Path.Combine(directory, "warm"));
        foreach (bool isShuffled in new[] { false, true })
        {
            string topic = isShuffled ? "topic without a key" : "topic with the key";
            double? uniform = null;
            foreach (bool isHot in new[] { false, true })
            {
                var run = new SumsRun(Keys, 4 * options.Events) { IsShuffled = isShuffled };
                if (isHot)
                    run = run with { Input = Additions.Hot(Keys, 4 * options.Events) };
                Dictionary<string, double> figures =
                    await run.RunAsync(Path.Combine(directory, $"{isShuffled}-{isHot}"));
                uniform ??= figures[Headings.Rate];
                figures["rate / uniform"] = figures[Headings.Rate] / uniform.Value;
                yield return new Row(Name, $"{topic}, {(isHot ? "90 % to one key" : "uniform")}", figures);
            }
        }
    }
}
