using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;
using Weir.Benchmarks.Peers;

var keys = new Option<int?>("--keys")
{
    Description = "One workload with this many keys; default 1 k, 100 k and 1 M, and 1 M Zipf.",
};
var zipf = new Option<bool>("--zipf") { Description = "With --keys: key k occurs in proportion to 1/k." };
var events = new Option<int>("--events") { Description = "Events per run.", DefaultValueFactory = _ => 2_000_000 };
var seed = new Option<ulong>("--seed") { Description = "What the events follow from.", DefaultValueFactory = _ => 1 };
var rounds = new Option<int>("--rounds")
{
    Description = "Runs of each contestant, in turns, and three times as many of the two shortest; the median counts.",
    DefaultValueFactory = _ => 1,
};
var only = new Option<string[]>("--only")
{
    Description = $"Only these, of {string.Join(", ", Contest.Contestants.Keys)}.",
    AllowMultipleArgumentsPerToken = true,
};
var json = new Option<bool>("--json") { Description = "Prints JSON in place of tables." };
var run = new Option<string?>("--run") { Hidden = true };
only.AcceptOnlyFromAmong([.. Contest.Contestants.Keys]);
foreach (Option<int> option in new[] { events, rounds })
    option.Validators.Add(result => AtLeastOne(result.GetValue(option), option.Name, result.AddError));
keys.Validators.Add(result => AtLeastOne(result.GetValue(keys) ?? 1, keys.Name, result.AddError));
var command = new RootCommand("Sums per key in tumbling windows: Weir beside others, on the same events in one run.")
{
    keys, zipf, events, seed, rounds, only, json, run,
};
command.SetAction(async arguments =>
{
    if (arguments.GetValue(run) is { } name)
    {
        var single = new Workload(
            arguments.GetValue(keys) ?? 1000, arguments.GetValue(events), arguments.GetValue(zipf), arguments.GetValue(seed));
        Console.WriteLine(JsonSerializer.Serialize(await Contest.RunHereAsync(name, single)));
        return 0;
    }

    (int Keys, bool IsZipf)[] sizes = arguments.GetValue(keys) is { } one
        ? [(one, arguments.GetValue(zipf))]
        : [(1000, false), (100_000, false), (1_000_000, false), (1_000_000, true)];
    string[] names = arguments.GetValue(only) is { Length: > 0 } chosen ? chosen : [.. Contest.Contestants.Keys];
    List<Measurement> rows = [];
    bool agree = true;
    foreach ((int count, bool isZipf) in sizes)
    {
        var workload = new Workload(count, arguments.GetValue(events), isZipf, arguments.GetValue(seed));
        List<Measurement> all = await MeasureAsync(workload, names, arguments.GetValue(rounds));
        agree &= Agree(all);
        rows.AddRange(all);
        if (!arguments.GetValue(json))
            Show(workload, all);
    }

    if (arguments.GetValue(json))
        Console.WriteLine(JsonSerializer.Serialize(new Report(Machine(), rows)));
    return agree ? 0 : 1;
});
try
{
    return await command.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (InvalidOperationException failure)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}

static async Task<List<Measurement>> MeasureAsync(Workload workload, string[] names, int rounds)
{
    var runs = names.ToDictionary(name => name, _ => new List<Measurement>());
    for (int round = 0; round < rounds; round++)
    {
        foreach (string name in names)
            runs[name].Add(await Contest.RunApartAsync(name, workload));
    }

    // Runs of a tenth of a second differ by half from each other: of these two, whose ratio is a target, there are more.
    for (int round = rounds; round < 3 * rounds; round++)
    {
        foreach (string name in names.Intersect(Contest.Shortest))
            runs[name].Add(await Contest.RunApartAsync(name, workload));
    }

    return
    [
        .. names.Select(name => runs[name].OrderBy(each => each.CpuNanosecondsPerEvent).ElementAt(runs[name].Count / 2)),
    ];
}

// All have summed the same events: whoever has other results has a defect, and its time means nothing.
static bool Agree(List<Measurement> all)
{
    IGrouping<(long, string), Measurement>[] groups =
        [.. all.GroupBy(each => (each.Results, each.Checksum)).OrderByDescending(same => same.Count())];
    foreach (Measurement other in groups.Skip(1).SelectMany(each => each))
        Console.Error.WriteLine(
            $"{other.Name} has {other.Results} sums with checksum {other.Checksum}; most have {groups[0].Key}.");
    return groups.Length == 1;
}

static void Show(Workload workload, List<Measurement> all)
{
    Table table = new Table().Border(TableBorder.Simple)
        .Title($"{workload.Keys:N0} keys, {workload.Distribution}, {workload.Events:N0} events")
        .AddColumn("name").AddColumn(Right("events/s")).AddColumn(Right("CPU ns/event"))
        .AddColumn(Right("B/event")).AddColumn(Right("CPU of weir-silo / this"));
    double? silo = all.FirstOrDefault(each => each.Name == "weir-silo")?.CpuNanosecondsPerEvent;
    foreach (Measurement each in all)
    {
        table.AddRow(
            each.Name,
            each.EventsPerSecond.ToString("N0", CultureInfo.InvariantCulture),
            each.CpuNanosecondsPerEvent.ToString("N0", CultureInfo.InvariantCulture),
            each.AllocatedBytesPerEvent.ToString("N0", CultureInfo.InvariantCulture),
            silo is { } cpu ? (cpu / each.CpuNanosecondsPerEvent).ToString("N2", CultureInfo.InvariantCulture) : "");
    }

    AnsiConsole.Write(table);
}

static TableColumn Right(string title) => new TableColumn(title).RightAligned();

static string Machine() => string.Create(
    CultureInfo.InvariantCulture,
    $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");

static void AtLeastOne(int value, string name, Action<string> refuse)
{
    if (value < 1)
        refuse($"{name} is {value}: use 1 or more.");
}
