namespace Weir.Benchmarks.Report;

/// <summary>All instruments that run.sh runs, in the order of the page.</summary>
internal static class Instruments
{
    public static readonly IReadOnlyList<Instrument> All =
    [
        Service("log", "input in the log, to results and sums"),
        Service("append", "durable appends"),
        Service("latency", "append to view"),
        Service("query", "queries of single keys"),
        Service("growth", "more keys, more events"),
        Service("memory", "memory per key"),
        Service("hot", "a hot key"),
        Peers("1k", "1 000 keys"),
        Peers("100k", "100 000 keys"),
        Peers("1m", "1 000 000 keys"),
        Peers("zipf", "1 000 000 keys, Zipf"),
        new FlatInstrument(
            "nexmark",
            "Nexmark",
            "query",
            [
                ("title", "what"), ("events_per_second", "events/s"), ("cpu_us_per_event", "CPU us/event"),
                ("latency_p50_ms", "p50 ms"), ("latency_p99_ms", "p99 ms"), ("peak_memory_bytes", "peak memory B"),
                ("is_right", "as DuckDB"),
            ]) { AreLines = true },
        new PlainInstrument("checkpoints-cost", "Checkpoints: what they cost"),
        new PlainInstrument("checkpoints-100k", "Checkpoints and restore: 100 000 keys of 1 kB"),
        new PlainInstrument("checkpoints-1m", "Checkpoints and restore: 1 000 000 keys of 1 kB"),
        new PlainInstrument("exchange", "Exchange: events that cross to another silo"),
        new MarkdownInstrument("micro", "Micro"),
    ];

    private static PlainInstrument Service(string part, string title) => new($"service-{part}", $"Service: {title}");

    private static FlatInstrument Peers(string name, string title) => new(
        $"peers-{name}",
        $"Peers: sums per key and window, {title}",
        "name",
        [
            ("events_per_second", "events/s"), ("cpu_ns_per_event", "CPU ns/event"),
            ("alloc_bytes_per_event", "B allocated/event"),
        ]);
}
