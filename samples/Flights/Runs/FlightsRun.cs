namespace Weir.Samples.Flights.Runs;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Samples.Flights.Input;
using Weir.Samples.Flights.Results;

/// <summary>A run from the files of flights to the files of results.</summary>
internal sealed class FlightsRun(RunOptions options)
{
    private readonly Screen _screen = new(onStandardError: options.Json);

    /// <summary>Runs to the end.</summary>
    /// <exception cref="InputException">The input or the directory for the results can not be used.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        FlightDirectory input = FlightDirectory.Open(options.Data);
        using OutDirectory output = OutDirectory.Open(options.Out);
        foreach (string warning in input.Warnings)
            _screen.Warn(warning);
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(options.Flights, output.Silo, cancellation);
        Introduce(input, silo);
        await RunAsync(silo.Client, input, output, cancellation);
    }

    private void Introduce(FlightDirectory input, EmbeddedSilo silo)
    {
        _screen.Say(
            $"{input.Files.Count} files, {options.Partitions} partitions, out of order by at most "
            + $"{Duration.Format(options.Flights.OutOfOrder)}, allowed lateness "
            + Duration.Format(options.Flights.Lateness));
        _screen.Say(
            $"another process can ask: weir --gateway 127.0.0.1:{silo.GatewayPort} query {FlightsJob.JobName} "
            + $"{FlightsJob.Latest.Name} ORD");
    }

    private async Task RunAsync(
        IWeirClient client, FlightDirectory input, OutDirectory output, CancellationToken cancellation)
    {
        await client.CreateTopicAsync(
            FlightsJob.Flights, new TopicOptions { Partitions = options.Partitions }, cancellation);
        await client.StartJobAsync(FlightsJob.JobName, cancellation);

        var clock = Stopwatch.StartNew();
        using var rejected = new RejectedRows(output.Rejected, _screen.Warn);
        using var reader = new FlightReader(input, rejected.Add);
        var sender = new FlightSender(client, reader, input.Bytes);
        await ProcessAsync(client, sender, cancellation);
        rejected.Finish();

        using var tables = new ResultTables(output.Scratch);
        long results = await CollectAsync(client, tables, cancellation);
        long windows = tables.WriteFeatures(output.Features);
        var summary = new RunSummary
        {
            Events = sender.Sent,
            Windows = windows,
            Updates = results - windows,
            Late = await CountLateAsync(client, cancellation),
            Alerts = tables.WriteQuietRoutes(output.QuietRoutes),
            Rejected = rejected.Count,
            Csv = output.Features,
            Elapsed = clock.Elapsed,
            CpuTime = Environment.CpuUsage.TotalTime,
            PeakMemory = Process.GetCurrentProcess().PeakWorkingSet64,
        };
        summary.Show(_screen, tables.FindBusiest(10));
        _screen.Say($"results: {output.Features}, {output.QuietRoutes}");
        if (options.Json)
            Console.Out.WriteLine(summary.ToJson());
    }

    // Both sides at once: what is sent and what the job makes of it. Whichever fails first ends the other.
    private async Task ProcessAsync(IWeirClient client, FlightSender sender, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task work = Task.Run(() => SendAndWaitAsync(client, sender, ending.Token), ending.Token);
        try
        {
            await _screen.WithProgressAsync(
                progress => new JobWatcher(client, sender, _screen).WatchAsync(work, progress, ending.Token));
        }
        finally
        {
            await ending.CancelAsync();
            await work.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static async Task SendAndWaitAsync(
        IWeirClient client, FlightSender sender, CancellationToken cancellation)
    {
        await sender.SendAllAsync(cancellation);
        await client.WaitForJobAsync(FlightsJob.JobName, JobState.Finished, cancellation);
    }

    private static async Task<long> CollectAsync(
        IWeirClient client, ResultTables tables, CancellationToken cancellation)
    {
        long results = 0;
        await foreach (TopicEvent<Windowed<string, AirportHour>> result in
            client.ReadAsync(FlightsJob.Features, cancellation: cancellation))
        {
            tables.Add(result.Value);
            results++;
        }

        await foreach (TopicEvent<QuietRoute> quiet in
            client.ReadAsync(FlightsJob.QuietRoutes, cancellation: cancellation))
            tables.Add(quiet.Value);
        return results;
    }

    private static async Task<long> CountLateAsync(IWeirClient client, CancellationToken cancellation)
    {
        JobStatus status = await client.DescribeJobAsync(FlightsJob.JobName, cancellation);
        return status.Operators.Single(each => each.Name == FlightsJob.FeaturesOperator).LateEvents;
    }
}
