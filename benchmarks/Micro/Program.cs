using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

var shortRun = new Option<bool>("--short") { Description = "Three rounds of each, in a few minutes in all; for looks." };
var filter = new Option<string>("--filter")
{
    Description = "Only benchmarks whose name fits, such as *Window*.",
    DefaultValueFactory = _ => "*",
};
var artifacts = new Option<string>("--artifacts")
{
    Description = "Where the tables are left.",
    DefaultValueFactory = _ => Path.Combine("artifacts", "benchmarks", "micro"),
};
var command = new RootCommand("Single pieces of the engine: windows, state, timers, codecs, slices, frames, segments.")
{
    shortRun, filter, artifacts,
};
command.SetAction(arguments =>
{
    // In this process: the project that BenchmarkDotNet would generate and build is outside of the solution, so that it
    // has neither its package versions nor, without a network, its packages.
    Job job = (arguments.GetValue(shortRun) ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
    ManualConfig config = ManualConfig.CreateEmpty()
        .AddJob(job)
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub)
        .WithArtifactsPath(arguments.GetValue(artifacts)!);
    return BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly)
        .Run(["--filter", arguments.GetValue(filter)!], config)
        .Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
});
return command.Parse(args).Invoke();
