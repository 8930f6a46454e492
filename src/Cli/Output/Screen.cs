namespace Weir.Cli.Output;

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;
using Weir.Client;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Time;

/// <summary>Shows answers, as tables for people or as JSON for scripts.</summary>
internal sealed partial class Screen(Terminal terminal, bool json)
{
    // A pipe has no width: no line is broken there.
    private const int PlainWidth = 4096;

    private readonly IAnsiConsole _console = CreateConsole(terminal);

    public bool IsJson => json;

    public TextReader Input => terminal.Input;

    public void Flush() => terminal.Output.Flush();

    /// <summary>A document on one line.</summary>
    public void Json(object document) =>
        terminal.Output.WriteLine(JsonSerializer.Serialize(document, document.GetType(), WeirJson.Options));

    /// <summary>What a command did: the document for scripts, the sentence for people.</summary>
    public void Done(object document, string sentence)
    {
        if (json)
            Json(document);
        else
            terminal.Output.WriteLine(sentence);
    }

    public int NotFound(string sentence)
    {
        terminal.Error.WriteLine($"weir: {sentence}");
        return ExitCode.NotFound;
    }

    public void Event(TopicEvent<string> found)
    {
        if (json)
        {
            Json(new
            {
                partition = found.Partition,
                offset = found.Offset,
                stamp = found.Stamp,
                value = JsonNode.Parse(found.Value),
            });
            return;
        }

        terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{found.Partition}\t{found.Offset}\t{found.Stamp}\t{found.Value}"));
    }

    public void Key(string key)
    {
        if (json)
            Json(key);
        else
            terminal.Output.WriteLine(key);
    }

    public void Answer(string key, ViewAnswer<string> answer)
    {
        if (json)
        {
            Json(new
            {
                key,
                value = JsonNode.Parse(answer.Value),
                window = Range(answer.Window),
                isFinal = answer.IsFinal,
                watermark = answer.Watermark,
                epoch = answer.Epoch,
                checkpoint = answer.Checkpoint,
            });
            return;
        }

        Facts(
            ("key", key),
            ("value", answer.Value),
            ("window", answer.Window?.ToString() ?? "none"),
            ("final", answer.IsFinal ? "yes" : "no, it may still change"),
            ("watermark", answer.Watermark.ToString()),
            ("epoch", Number(answer.Epoch)),
            ("checkpoint", CheckpointText.Of(answer.Checkpoint)));
    }

    public void Report(KeyReport report)
    {
        if (json)
        {
            Json(new
            {
                key = report.Key,
                @operator = report.Operator,
                group = report.Group,
                epoch = report.Epoch,
                checkpoint = report.Checkpoint,
                watermark = report.Watermark,
                clock = report.Clock,
                windows = report.Windows.Select(window => new
                {
                    start = window.Window.Start,
                    end = window.Window.End,
                    contents = window.Json is null ? null : JsonNode.Parse(window.Json),
                    state = Pieces(window.State),
                }),
                timers = report.Timers.Select(
                    timer => new { time = timer.Time, domain = timer.Domain, name = timer.Name }),
                state = Pieces(report.State),
                quarantine = report.Quarantine,
            });
            return;
        }

        Facts(
            ("key", report.Key),
            ("operator", report.Operator),
            ("group", Number(report.Group)),
            ("epoch", Number(report.Epoch)),
            ("checkpoint", CheckpointText.Of(report.Checkpoint)),
            ("watermark", report.Watermark.ToString()),
            ("clock", report.Clock.ToString()));
        Section(["window", "contents"], report.Windows.Select(window => new[]
        {
            window.Window.ToString(), window.Json ?? "purged",
        }));
        Section(["window", "state", "value"], report.Windows.SelectMany(window => window.State.Select(state => new[]
        {
            window.Window.ToString(), state.Name, state.Json,
        })));
        Section(["timer", "domain", "name"], report.Timers.Select(timer => new[]
        {
            timer.Time.ToString(), timer.Domain.ToString(), timer.Name ?? "",
        }));
        Section(["state", "value"], report.State.Select(state => new[] { state.Name, state.Json }));
        if (report.Quarantine is { } held)
            Section(["quarantined events", "error"], [[Number(held.Events), held.Error]]);
    }

    /// <summary>Rows under headings; cells are plain text.</summary>
    public void Table(string[] headings, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (string heading in headings)
        {
            var text = new Text(heading.ToUpperInvariant(), new Style(decoration: Decoration.Bold));
            table.AddColumn(new TableColumn(text) { Padding = new Padding(0, 0, 3, 0) });
        }

        foreach (string[] row in rows)
            table.AddRow(row.Select(cell => (IRenderable)new Text(cell)));
        _console.Write(table);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<object> Pieces(StateReport[] state) =>
        state.Select(each => new { name = each.Name, value = JsonNode.Parse(each.Json) });

    private static object? Range(TimeRange? window) =>
        window is { } range ? new { start = range.Start, end = range.End } : null;

    private static IAnsiConsole CreateConsole(Terminal terminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Output),
            Ansi = terminal.Width is null ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = terminal.Width is null ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        console.Profile.Width = terminal.Width is > 0 ? terminal.Width.Value : PlainWidth;
        return console;
    }

    private void Section(string[] headings, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        if (all.Length == 0)
            return;
        terminal.Output.WriteLine();
        Table(headings, all);
    }

    private void Facts(params (string Name, string Value)[] facts)
    {
        int width = facts.Max(fact => fact.Name.Length) + 2;
        foreach ((string name, string value) in facts)
            terminal.Output.WriteLine(name.PadRight(width) + value);
    }
}
