using System.CommandLine;
using Weir.Benchmarks.Service;
using Weir.Benchmarks.Service.Measuring;
using Weir.Benchmarks.Service.Parts;
using Weir.Contracts;

string[] names = ["append", "latency", "query", "log", "growth", "memory", "hot"];
var only = new Option<string[]>("--only")
{
    Description = $"Only these parts, of {string.Join(", ", names)}.",
    AllowMultipleArgumentsPerToken = true,
};
var seconds = new Option<double>("--seconds")
{
    Description = "How long each rate and each latency is measured; latencies of single events five times as long.",
    DefaultValueFactory = _ => 2,
};
var keys = new Option<int>("--keys") { Description = "Keys, where there are many.", DefaultValueFactory = _ => 1_000_000 };
var events = new Option<int>("--events") { Description = "Events per run.", DefaultValueFactory = _ => 1_000_000 };
var json = new Option<bool>("--json") { Description = "Prints JSON in place of tables." };
var client = new Option<int?>("--client") { Hidden = true };
var callers = new Option<string>("--callers") { Hidden = true };
only.AcceptOnlyFromAmong(names);
seconds.Validators.Add(result => AtLeast(0.1, result.GetValue(seconds), seconds.Name, result.AddError));
foreach (Option<int> option in new[] { keys, events })
    option.Validators.Add(result => AtLeast(1000, result.GetValue(option), option.Name, result.AddError));
var command = new RootCommand(
    "What a silo does for its clients: appends, latency, queries, jobs over a log, growth, memory, a hot key. Results are "
    + "compared with what was sent; the exit code is 1 if any is wrong.")
{
    only, seconds, keys, events, json, client, callers,
};
command.SetAction(async arguments =>
{
    var options = new ServiceOptions
    {
        Time = TimeSpan.FromSeconds(arguments.GetValue(seconds)),
        Keys = arguments.GetValue(keys),
        Events = arguments.GetValue(events),
    };
    if (arguments.GetValue(client) is { } gateway)
    {
        await QueryClient.RunHereAsync(gateway, arguments.GetValue(callers)!, options);
        return 0;
    }

    string[] chosen = arguments.GetValue(only) is { Length: > 0 } some ? some : names;
    List<Row> rows = [];
    foreach (IPart part in Parts(options).Where(part => chosen.Contains(part.Name)))
        await MeasureAsync(part, rows);
    if (arguments.GetValue(json))
        Output.WriteJson(rows);
    else
        Output.Show(rows);
    return 0;
});
try
{
    return await command.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failure) when (failure is WrongResultException or WeirException)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}

static IPart[] Parts(ServiceOptions options) =>
[
    new AppendPart(options), new LatencyPart(options), new QueryPart(options), new LogPart(options),
    new GrowthPart(options), new MemoryPart(options), new HotKeyPart(options),
];

static async Task MeasureAsync(IPart part, List<Row> rows)
{
    string directory = Directory.CreateTempSubdirectory("weir-service-").FullName;
    try
    {
        await foreach (Row row in part.RunAsync(directory))
        {
            await Console.Error.WriteLineAsync($"{row.Part}: {row.Case}");
            rows.Add(row);
        }
    }
    finally
    {
        Directory.Delete(directory, recursive: true);
    }
}

static void AtLeast(double least, double value, string name, Action<string> refuse)
{
    if (value < least)
        refuse(FormattableString.Invariant($"{name} is {value}: use {least} or more."));
}
