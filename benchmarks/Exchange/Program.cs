using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Weir.Benchmarks.Exchange;

var events = new Option<int>("--events") { Description = "Events per run.", DefaultValueFactory = _ => 1_000_000 };
var rounds = new Option<int>("--rounds") { Description = "Runs of each kind.", DefaultValueFactory = _ => 3 };
var json = new Option<bool>("--json") { Description = "Prints JSON in place of a table." };
var command = new RootCommand("What an event costs that crosses to another silo, beside one that stays.")
{
    events, rounds, json,
};
command.SetAction(async arguments =>
{
    using var measures = new Measures(arguments.GetValue(events));
    measures.Listen();
    var all = new List<Measure>();
    for (int round = 0; round <= arguments.GetValue(rounds); round++)
    {
        foreach (short silos in new short[] { 1, 2 })
        {
            string directory = Directory.CreateTempSubdirectory("weir-bench-").FullName;
            try
            {
                Measure measure = await measures.RunAsync(silos, directory);
                if (round > 0)
                    all.Add(measure);
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    double local = all.Where(each => each.Silos == 1).Min(each => each.Cpu.TotalMicroseconds);
    List<Measure> best = [.. all.GroupBy(each => each.Silos).Select(kind => kind.MinBy(each => each.Cpu))];
    if (arguments.GetValue(json))
        WriteJson(best, local);
    else
        Show(best, local);
});
return await command.Parse(args).InvokeAsync();

static void Show(List<Measure> best, double local)
{
    var table = new Table().AddColumns("silos", "us of CPU per event", "ratio", "events/s", "events per frame");
    foreach (Measure each in best)
    {
        table.AddRow(
            Text($"{each.Silos}"),
            Text($"{each.Cpu.TotalMicroseconds:F2}"),
            Text($"{each.Cpu.TotalMicroseconds / local:F2}"),
            Text($"{each.Wall:F0}"),
            each.Frames == 0 ? "-" : Text($"{(double)each.Crossed / each.Frames:F0}"));
    }

    AnsiConsole.Write(table);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

// The rows have the form that all benchmarks share: what was measured, and figures by name.
static void WriteJson(List<Measure> best, double local) => Console.Out.WriteLine(JsonSerializer.Serialize(new
{
    rows = best.Select(each => new
    {
        part = "exchange",
        @case = each.Silos == 1 ? "1 silo" : $"{each.Silos} silos",
        figures = new Dictionary<string, double>
        {
            ["CPU us/event"] = each.Cpu.TotalMicroseconds,
            ["ratio"] = each.Cpu.TotalMicroseconds / local,
            ["events/s"] = each.Wall,
            ["events/frame"] = each.Frames == 0 ? 0 : (double)each.Crossed / each.Frames,
        },
    }),
}));
