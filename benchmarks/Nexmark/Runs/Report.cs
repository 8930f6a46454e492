namespace Weir.Benchmarks.Nexmark.Runs;

using System.Text.Json;
using Spectre.Console;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Benchmarks.Nexmark.Queries;

/// <summary>Tells people, or scripts, what came of a run.</summary>
internal sealed class Report(RunOptions options, bool json)
{
    private const int Width = 200;

    private static readonly JsonSerializerOptions Naming = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Table _table = new Table().AddColumns(
        "query",
        "events/s",
        "CPU us/event",
        "latency p50, p99",
        "checkpoints: number, state, written, p50, longest",
        "memory",
        "results",
        "as DuckDB",
        PublishedFigures.Heading);

    /// <summary>Tells what is about to happen: the machine and the input.</summary>
    public void Begin()
    {
        if (json)
            Write(new
            {
                Machine = Machine.This,
                options.Events,
                options.Seed,
                options.EventsPerSecond,
                InputLog.BatchEvents,
                LatencySeconds = options.LatencyTime.TotalSeconds,
                Published = PublishedFigures.Heading,
            });
        else
            Console.Out.WriteLine(
                $"{Machine.This}\n{options.Events:N0} events of seed {options.Seed}, {options.EventsPerSecond:N0} a second "
                + $"of event time, in batches of {InputLog.BatchEvents}; a checkpoint every second");
    }

    /// <summary>Tells how one comparison went, where nothing was measured.</summary>
    public void Add(NexmarkQuery query, Comparison comparison)
    {
        if (json)
            Write(new { Query = query.Name, query.Title, comparison.Results, comparison.Rows, IsRight = comparison.IsEqual });
        else
            Console.Out.WriteLine(
                $"{query.Name,-4} {query.Title,-20} {comparison.Results,10:N0} results, {comparison.Rows,10:N0} rows: "
                + $"{Verdict(comparison)}");
        Explain(query.Name, comparison);
    }

    /// <summary>Tells the figures of a query.</summary>
    public void Add(QueryFigures figures)
    {
        if (json)
            WriteFigures(figures);
        else
            AddRow(figures);
        Explain(figures.Query, figures.Comparison);
    }

    /// <summary>Shows the table.</summary>
    public void End()
    {
        if (json || _table.Rows.Count == 0)
            return;
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = Width;
        AnsiConsole.Write(_table);
        Console.Out.WriteLine(
            "events/s: all events of the input, until all output is visible. CPU: of the whole process; making and appending "
            + "the input\ncame before. latency: from append to visible result, at half that rate. published: Apache Flink, "
            + "thousand events/s per core,\nby the first and second runner of the Nexmark suite: not comparable with this "
            + "machine.");
    }

    private static string Verdict(Comparison comparison) => comparison.IsEqual
        ? "as DuckDB"
        : $"WRONG: {comparison.Missing:N0} missing, {comparison.Surplus:N0} surplus";

    private static void Explain(string query, Comparison comparison)
    {
        if (comparison.IsEqual)
            return;
        Console.Error.WriteLine($"error: {query} differs from DuckDB: {Verdict(comparison)}");
        foreach (string example in comparison.Examples)
            Console.Error.WriteLine($"  {example}");
    }

    private void AddRow(QueryFigures figures)
    {
        Throughput run = figures.Throughput;
        string second = PublishedFigures.Second(figures.Query) is { } figure ? $"{figure:N0}" : "-";
        _table.AddRow(
            $"{figures.Query} {figures.Title}",
            $"{figures.EventsPerSecond:N0}",
            $"{figures.CpuMicroseconds:F2}",
            figures.Latency is { } latency ? $"{latency.P50:N0}, {latency.P99:N0} ms" : "-",
            $"{run.Checkpoints}, {run.CheckpointBytes / 1e6:F1} MB, {run.WrittenBytes / 1e6:F1} MB, "
                + $"{run.CheckpointTime.TotalMilliseconds:F0} ms, {run.LongestCheckpoint.TotalMilliseconds:F0} ms",
            $"{run.PeakMemory / 1e6:F0} MB",
            $"{figures.Comparison.Results:N0}",
            Verdict(figures.Comparison),
            $"{PublishedFigures.First(figures.Query):N1} and {second}");
        Console.Error.WriteLine(
            $"{figures.Query}: {figures.EventsPerSecond:N0} events/s, {figures.CpuMicroseconds:F2} us CPU each, "
            + $"{Verdict(figures.Comparison)}");
    }

    private static void WriteFigures(QueryFigures figures)
    {
        Throughput run = figures.Throughput;
        Write(new
        {
            figures.Query,
            figures.Title,
            figures.Events,
            Seconds = Math.Round(run.Elapsed.TotalSeconds, 3),
            EventsPerSecond = Math.Round(figures.EventsPerSecond),
            CpuUsPerEvent = Math.Round(figures.CpuMicroseconds, 3),
            LatencyP50Ms = figures.Latency?.P50,
            LatencyP99Ms = figures.Latency?.P99,
            LatencyResults = figures.Latency?.Results,
            run.Checkpoints,
            run.CheckpointBytes,
            CheckpointWrittenBytes = run.WrittenBytes,
            CheckpointP50Ms = Math.Round(run.CheckpointTime.TotalMilliseconds, 1),
            CheckpointLongestMs = Math.Round(run.LongestCheckpoint.TotalMilliseconds, 1),
            PeakMemoryBytes = run.PeakMemory,
            figures.Comparison.Results,
            figures.Comparison.Rows,
            IsRight = figures.Comparison.IsEqual,
            PublishedPerCoreV1 = PublishedFigures.First(figures.Query) * 1000,
            PublishedPerCoreV2 = PublishedFigures.Second(figures.Query) * 1000,
        });
    }

    private static void Write(object line) => Console.Out.WriteLine(JsonSerializer.Serialize(line, Naming));
}
