namespace Weir.Benchmarks.Micro;

using BenchmarkDotNet.Attributes;
using Weir.Engine.Operators;
using Weir.Engine.Windows;

/// <summary>An event from its bytes through an operator, in a job that begins anew each time: time per event.</summary>
public class WindowBenchmarks
{
    private const int Events = 100_000;
    private EngineRun _run = null!;

    [Params("tumbling", "sliding over 5", "session")]
    public string Windows { get; set; } = "";

    [GlobalSetup]
    public void Prepare() => _run = new EngineRun(
        new WindowedJob(Windows switch
        {
            "tumbling" => Weir.Engine.Windows.Windows.Tumbling(Milliseconds(100)),
            "session" => Weir.Engine.Windows.Windows.Session(Milliseconds(5)),
            _ => Weir.Engine.Windows.Windows.Sliding(Milliseconds(100), Milliseconds(20)),
        }),
        Reading.Many(Events));

    [Benchmark(OperationsPerInvoke = Events)]
    public long Window() => _run.Run();

    private static TimeSpan Milliseconds(int number) => TimeSpan.FromMilliseconds(number);
}

/// <summary>The same for functions with state and timers.</summary>
public class StateBenchmarks
{
    private const int Events = 100_000;
    private EngineRun _run = null!;

    [Params("value", "list", "map", "timer that moves", "timer that fires")]
    public string Uses { get; set; } = "";

    [GlobalSetup]
    public void Prepare() => _run = new EngineRun(new FunctionJob(Made()), Reading.Many(Events));

    [Benchmark(OperationsPerInvoke = Events)]
    public long Function() => _run.Run();

    private KeyedProcess<long, Reading, long> Made() => Uses switch
    {
        "value" => new UsesValue(),
        "list" => new UsesList(),
        "map" => new UsesMap(),
        "timer that moves" => new MovesTimer(),
        _ => new FiresTimer(),
    };
}
