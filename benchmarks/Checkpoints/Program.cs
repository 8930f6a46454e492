using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Weir.Benchmarks.Checkpoints;

var keys = new Option<int>("--keys") { Description = "Number of keys.", DefaultValueFactory = _ => 1_000_000 };
var events = new Option<int>("--events") { Description = "Events per run.", DefaultValueFactory = _ => 24_000_000 };
var months = new Option<int>("--months")
{
    Description = "How often the month of flights is sent in a run, each time a month later.",
    DefaultValueFactory = _ => 4,
};
var bytes = new Option<int>("--bytes")
{
    Description = "Bytes of state per key, for the measurements with much state.",
    DefaultValueFactory = _ => 1000,
};
var rounds = new Option<int>("--rounds") { Description = "Runs of each kind.", DefaultValueFactory = _ => 5 };
var only = new Option<string[]>("--only")
{
    Description = "Only these, of capture, cost, flights, state and restore.",
    AllowMultipleArgumentsPerToken = true,
};
var json = new Option<bool>("--json") { Description = "Prints JSON in place of a table." };
only.AcceptOnlyFromAmong("capture", "cost", "flights", "state", "restore");
var command = new RootCommand("What checkpoints cost, and how soon a restored job answers.")
{
    keys, events, months, bytes, rounds, only, json,
};
command.SetAction(async arguments =>
{
    string root = Directory.CreateTempSubdirectory("weir-bench-").FullName;
    try
    {
        var options = new BenchOptions
        {
            Keys = arguments.GetValue(keys),
            Events = arguments.GetValue(events),
            Months = arguments.GetValue(months),
            Bytes = arguments.GetValue(bytes),
            Rounds = arguments.GetValue(rounds),
        };
        var measures = new Measures(options, root);
        (string Name, Func<Task<IReadOnlyList<Measure>>> Run)[] all =
            [
                ("capture", measures.CapturesAsync),
                ("cost", measures.CostAsync),
                ("flights", measures.FlightsAsync),
                ("state", measures.StateAsync),
                ("restore", measures.RestoreAsync),
            ];
        List<(string Part, Measure Measure)> rows = [];
        foreach ((string name, Func<Task<IReadOnlyList<Measure>>> run) in all)
        {
            if (arguments.GetValue(only) is { Length: > 0 } chosen && !chosen.Contains(name))
                continue;
            rows.AddRange((await run()).Select(measure => (name, measure)));
        }

        if (arguments.GetValue(json))
            WriteJson(rows);
        else
            Show(rows);
    }
    finally
    {
        Directory.Delete(root, recursive: true);
    }
});
return await command.Parse(args).InvokeAsync();

static void Show(IEnumerable<(string Part, Measure Measure)> rows)
{
    var table = new Table().AddColumns("measurement", "", "result");
    foreach ((string part, Measure measure) in rows)
        table.AddRow(part, measure.Name, measure.Value);

    // A table on a terminal is as wide as that; in a file it must not be cut.
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = 200;
    AnsiConsole.Write(table);
}

// The rows have the form that all benchmarks share: what was measured, and figures by name.
static void WriteJson(IEnumerable<(string Part, Measure Measure)> rows)
{
    var all = rows.Select(row => new
    {
        part = row.Part,
        @case = row.Measure.Name,
        figures = new { result = row.Measure.Value },
    });
    Console.Out.WriteLine(JsonSerializer.Serialize(new { rows = all }));
}
