namespace Weir.Benchmarks.Checkpoints;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Samples.Flights;
using Weir.Samples.Flights.Input;

/// <summary>
/// The job of the flights sample over a month of flights that is repeated, from the first flight sent to the last result
/// stored: a reported minute is a batch, as in the sample, and is read from its file before anything is measured.
/// </summary>
internal sealed class FlightsRun(BenchOptions options) : IRun
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(31);
    private readonly List<Flight[]> _minutes = Read();

    public int Events => _minutes.Sum(minute => minute.Length) * options.Months;

    public async Task<BenchSilo> BeginAsync(string directory, TimeSpan interval)
    {
        BenchSilo silo = await BenchSilo.StartAsync<FlightsJob>(directory, interval);
        await silo.Client.StartJobAsync(FlightsJob.JobName);
        return silo;
    }

    public async Task WorkAsync(BenchSilo silo)
    {
        await using (Producer<Flight> producer = silo.Client.CreateProducer(FlightsJob.Flights))
        {
            for (int month = 0; month < options.Months; month++)
            {
                foreach (Flight[] minute in _minutes)
                    await producer.SendBatchAsync([.. minute.Select(flight => Later(flight, month * Month))]);
            }

            await producer.FlushAsync();
        }

        await silo.Client.SealAsync(FlightsJob.Flights);
        await silo.Client.WaitForJobAsync(FlightsJob.JobName, JobState.Finished);
    }

    public async Task<long> CheckpointsAsync(BenchSilo silo)
    {
        JobStatus status = await silo.Client.DescribeJobAsync(FlightsJob.JobName);
        return status.Checkpoints.Last?.Number ?? 0;
    }

    private static Flight Later(Flight flight, TimeSpan by) =>
        flight with { Reported = flight.Reported + by, Scheduled = flight.Scheduled + by };

    private static List<Flight[]> Read()
    {
        var input = FlightDirectory.Open(Path.Combine(AppContext.BaseDirectory, "data"));
        using var reader = new FlightReader(input, rejected => throw new InvalidDataException(rejected.Reason));
        List<Flight[]> minutes = [];
        while (reader.TryReadBatch(out IReadOnlyList<Flight>? minute))
            minutes.Add([.. minute]);
        return minutes;
    }
}
