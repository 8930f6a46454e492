namespace Weir.Samples.Flights.Runs;

using System.Globalization;
using Spectre.Console;

/// <summary>
/// What people see. On a terminal there are a progress bar and colours; elsewhere, in a log or a pipe, plain lines.
/// With a JSON summary all of it goes to standard error.
/// </summary>
internal sealed class Screen
{
    private const int PlainWidth = 120;
    private readonly IAnsiConsole _console;

    public Screen(bool onStandardError)
    {
        IsTerminal = onStandardError ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(onStandardError ? Console.Error : Console.Out),
        });
        if (!IsTerminal)
            _console.Profile.Width = PlainWidth;
    }

    /// <summary>Whether somebody watches.</summary>
    public bool IsTerminal { get; }

    /// <summary>Writes a line.</summary>
    public void Say(string line) => _console.Profile.Out.Writer.WriteLine(line);

    /// <summary>Writes something to beware of.</summary>
    public void Warn(string line) => _console.WriteLine($"warning: {line}", new Style(Color.Yellow));

    /// <summary>Writes a table; the columns after the first are numbers.</summary>
    public void Show(string title, string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table
        {
            Title = new TableTitle(title),
            Border = IsTerminal ? TableBorder.Rounded : TableBorder.Ascii,
        };
        for (int i = 0; i < columns.Length; i++)
            table.AddColumn(new TableColumn(columns[i]) { Alignment = i == 0 ? Justify.Left : Justify.Right });
        foreach (string[] row in rows)
            table.AddRow(row);
        _console.Write(table);
    }

    /// <summary>Runs something with a progress bar, or with a line now and then.</summary>
    public async Task WithProgressAsync(Func<IProgress<Progress>, Task> work)
    {
        if (!IsTerminal)
        {
            await work(new ProgressLines(this));
            return;
        }

        await _console.Progress()
            .AutoClear(true)
            .Columns(
                new ProgressBarColumn(),
                new PercentageColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context => work(new ProgressOnBar(context.AddTask("starting", maxValue: 1))));
    }

    private static string Describe(Progress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress.Events:N0} events, {progress.EventsPerSecond:N0}/s, watermark {progress.Watermark}, "
        + $"lag {progress.Lag:N0}");

    private sealed class ProgressOnBar(ProgressTask bar) : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            bar.Value = value.Fraction;
            bar.Description = Describe(value).EscapeMarkup();
        }
    }

    private sealed class ProgressLines(Screen screen) : IProgress<Progress>
    {
        private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);
        private TimeSpan _next = Between;
        private bool _isDone;

        public void Report(Progress value)
        {
            if (_isDone || (value.Elapsed < _next && value.Fraction < 1))
                return;
            _isDone = value.Fraction >= 1;
            _next = value.Elapsed + Between;
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"{value.Fraction,4:P0}  {Describe(value)}"));
        }
    }
}

/// <summary>How far a run has come.</summary>
/// <param name="Elapsed">Time since the first event was sent.</param>
/// <param name="Fraction">From 0 to 1.</param>
/// <param name="Events">Events that the job has applied.</param>
/// <param name="EventsPerSecond">Events applied per second since the report before.</param>
/// <param name="Watermark">How far event time has come, as text.</param>
/// <param name="Lag">Events that are stored and not read yet.</param>
internal sealed record Progress(
    TimeSpan Elapsed, double Fraction, long Events, double EventsPerSecond, string Watermark, long Lag);
