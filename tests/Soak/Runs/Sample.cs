namespace Weir.Soak.Runs;

using System.Globalization;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;

/// <summary>How a cluster was at a moment.</summary>
/// <param name="Memory">Resident bytes of each silo, by its number.</param>
/// <param name="Unread">Events that the job has not read.</param>
/// <param name="Behind">How far the watermark of the slowest operator was behind the clock.</param>
internal sealed record Sample(IReadOnlyDictionary<int, long> Memory, long Unread, TimeSpan Behind)
{
    public static Sample Of(IReadOnlyDictionary<int, int> silos, JobStatus job) => new(
        silos.ToDictionary(silo => silo.Key, silo => MemoryOf(silo.Value)),
        job.Sources.Sum(source => source.End - source.Next),
        EventTime.From(DateTimeOffset.UtcNow) - job.Operators.Min(each => each.Watermark));

    // The kernel writes "VmRSS:   123456 kB".
    private static long MemoryOf(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status")
            .First(each => each.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}
