namespace Weir.Cli.Commands;

using System.CommandLine;
using System.Globalization;
using System.Threading.Channels;
using Weir.Client;
using Weir.Contracts;

internal sealed class SendCommand : WeirCommand
{
    private readonly Argument<string> _topic = new("TOPIC") { Description = "The topic." };
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "A file of JSON lines, one event each, or - for standard input.",
    };

    private readonly Option<long> _from = new("--from")
    {
        Description = "Begin at this line, to go on where another send has ended.",
        DefaultValueFactory = _ => 1,
    };

    public SendCommand()
        : base("send", "Send events, given as JSON lines of the topic's type.")
    {
        Arguments.Add(_topic);
        Arguments.Add(_file);
        Options.Add(_from);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir send clicks clicks.jsonl",
        """echo '{"page":"/home","at":"2026-01-31T12:00:00Z"}' | weir send clicks -""",
        "tail -f clicks.jsonl | weir send clicks -",
        "weir send clicks clicks.jsonl --from 1001",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Lines are sent in order, as they come and up to 1000 at a time; empty lines are left out.",
        "A line that is not an event of the topic ends the command with its number: every line before it is sent,",
        "it and what follows it are not. If a silo does not answer, the message says which lines may not be stored.",
    ];

    public override void Check(ParseResult arguments)
    {
        string file = arguments.GetRequiredValue(_file);
        if (file != "-" && !File.Exists(file))
            throw new UsageException($"there is no file '{file}'");
        if (arguments.GetValue(_from) < 1)
            throw new UsageException("--from must be 1 or more");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string topic = session.Arguments.GetRequiredValue(_topic);
        string file = session.Arguments.GetRequiredValue(_file);
        using TextReader? opened = file == "-" ? null : File.OpenText(file);
        var sender = new LineSender(session.Client.Json, topic, session.Arguments.GetValue(_from));
        await sender.SendAsync(opened ?? session.Screen.Input, cancellation).ConfigureAwait(false);
        string sent = sender.Sent.ToString("N0", CultureInfo.InvariantCulture);
        session.Screen.Done(
            new { topic, sent = sender.Sent }, sender.Sent == 1 ? "1 event sent." : $"{sent} events sent.");
        return ExitCode.Done;
    }
}

/// <summary>Sends lines as they come: what has come while a call was under way goes into the next one.</summary>
/// <param name="client">The client.</param>
/// <param name="topic">The topic.</param>
/// <param name="from">The first line that is sent, counted from 1.</param>
internal sealed class LineSender(IJsonClient client, string topic, long from)
{
    private const int MaxLines = 1000;
    private const int MaxCharacters = 1 << 20;

    /// <summary>How many events are stored.</summary>
    public long Sent { get; private set; }

    public async Task SendAsync(TextReader input, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var lines = Channel.CreateBounded<Line>(new BoundedChannelOptions(2 * MaxLines) { SingleReader = true });

        // Reading a terminal or a pipe can not be interrupted: on a failure the reader is left to the process's end.
        _ = Task.Run(() => ReadAsync(input, lines.Writer, stop.Token), CancellationToken.None);
        try
        {
            while (await lines.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
                await SendAsync(Take(lines.Reader), cancellation).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(TextReader input, ChannelWriter<Line> lines, CancellationToken cancellation)
    {
        try
        {
            for (long number = 1; await input.ReadLineAsync(cancellation).ConfigureAwait(false) is { } text; number++)
            {
                if (number >= from && !string.IsNullOrWhiteSpace(text))
                    await lines.WriteAsync(new Line(number, text), cancellation).ConfigureAwait(false);
            }

            lines.TryComplete();
        }
        catch (Exception fault)
        {
            lines.TryComplete(fault);
        }
    }

    private static List<Line> Take(ChannelReader<Line> lines)
    {
        var taken = new List<Line>();
        for (int characters = 0; taken.Count < MaxLines && characters < MaxCharacters;)
        {
            if (!lines.TryRead(out Line line))
                break;
            taken.Add(line);
            characters += line.Text.Length;
        }

        return taken;
    }

    // A refused call has stored nothing of it. Halving it leads to the line that is wrong, and stores those before it.
    private async Task SendAsync(List<Line> lines, CancellationToken cancellation)
    {
        try
        {
            string[] events = [.. lines.Select(line => line.Text)];
            await client.SendAsync(topic, events, cancellation).ConfigureAwait(false);
            Sent += lines.Count;
        }
        catch (WeirException refusal) when (refusal.Error == WeirError.InvalidValue && lines.Count > 1)
        {
            int half = lines.Count / 2;
            await SendAsync(lines[..half], cancellation).ConfigureAwait(false);
            await SendAsync(lines[half..], cancellation).ConfigureAwait(false);
        }
        catch (WeirException refusal)
        {
            throw new WeirException(refusal.Error, $"{Place(lines, refusal.Error)}: {refusal.Message}", refusal);
        }
    }

    private string Place(List<Line> lines, WeirError error)
    {
        string where = lines.Count == 1 ? $"line {lines[0].Number}" : $"lines {lines[0].Number} to {lines[^1].Number}";

        // Partitions are stored one by one: only these refusals are sure to have come before all of them.
        bool isNone = error is WeirError.InvalidValue or WeirError.UnknownTopic or WeirError.TopicSealed;
        string fate = isNone ? "not sent" : "may or may not be stored";
        return $"{where} {fate}, nothing sent after, {Sent} sent before";
    }

    private readonly record struct Line(long Number, string Text);
}
