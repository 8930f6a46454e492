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
        var mark = new RunMark
        {
            Files = [.. input.Files.Select(file => $"{Path.GetFileName(file)} {new FileInfo(file).Length}")],
            Partitions = options.Partitions,
            Flights = options.Flights,
            IsInCluster = options.Cluster is not null,
        };
        string producer = mark.ProducerName;
        using OutDirectory output = OutDirectory.Open(options.Out, mark, options.Fresh);
        foreach (string warning in input.Warnings)
            _screen.Warn(warning);
        await using (IRunHost host = options.Cluster is { } gateways
            ? await RunningCluster.ConnectAsync(gateways, producer, cancellation)
            : await EmbeddedSilo.StartAsync<FlightsJob>(options.Flights, output.Silo, cancellation))
        {
            Introduce(input, output, host);
            await RunAsync(host.Client, input, output, producer, cancellation);
        }

        output.Complete();
    }

    private void Introduce(FlightDirectory input, OutDirectory output, IRunHost host)
    {
        if (output.IsResumed)
            _screen.Say($"going on with the run that was interrupted in {options.Out}; --fresh begins anew");
        if (output.HadResults)
            _screen.Say($"replacing the results of an earlier run in {options.Out}");
        _screen.Say(
            $"{input.Files.Count} files, {options.Partitions} partitions, out of order by at most "
            + $"{Duration.Format(options.Flights.OutOfOrder)}, allowed lateness "
            + Duration.Format(options.Flights.Lateness));
        _screen.Say(
            $"another process can ask: weir --gateway {host.Gateways} query {FlightsJob.JobName} "
            + $"{FlightsJob.Latest.Name} ORD");
    }

    private async Task RunAsync(
        IWeirClient client,
        FlightDirectory input,
        OutDirectory output,
        string producer,
        CancellationToken cancellation)
    {
        await client.CreateTopicAsync(
            FlightsJob.Flights, new TopicOptions { Partitions = options.Partitions }, cancellation);
        await client.StartJobAsync(FlightsJob.JobName, cancellation);

        var clock = Stopwatch.StartNew();
        using var rejected = new RejectedRows(output.Rejected, _screen.Warn);
        using var reader = new FlightReader(input, rejected.Add);
        var sender = new FlightSender(client, reader, producer, (input.Bytes, options.KillAfter));
        await ProcessAsync(client, sender, cancellation);
        rejected.Finish();

        using var tables = new ResultTables(output.Scratch);
        long results = await CollectAsync(client, tables, cancellation);
        long windows = tables.WriteFeatures(output.Features);
        var summary = new RunSummary
        {
            Events = sender.Handled,
            StoredBefore = sender.StoredBefore,
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
        long late = 0;
        await foreach (TopicEvent<Flight> flight in client.ReadAsync(FlightsJob.TooLate, cancellation: cancellation))
            late++;
        return late;
    }
}
