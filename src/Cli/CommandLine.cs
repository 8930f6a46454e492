namespace Weir.Cli;

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Weir.Cli.Commands;
using Weir.Cli.Output;
using Weir.Contracts;

/// <summary>The command <c>weir</c> as a whole: global options, help, and what every command has in common.</summary>
internal sealed partial class CommandLine
{
    public const string GatewayVariable = "WEIR_GATEWAY";
    public const string ClusterVariable = "WEIR_CLUSTER_ID";

    private readonly Terminal _terminal;
    private readonly IConnector _connector;
    private readonly RootCommand _root;
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write one JSON document, or JSON lines, and nothing else to standard output.",
        Recursive = true,
    };

    private readonly Option<string[]> _gateway = new("--gateway", "-g")
    {
        Description = "Gateway of a silo; repeat it, or use commas, to name more of a cluster: one that lives is enough. "
            + $"Also from the variable {GatewayVariable}.",
        HelpName = "host:port",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(GatewayVariable) is { Length: > 0 } gateway
            ? [gateway]
            : ["localhost:30000"],
    };

    private readonly Option<string> _cluster = new("--cluster-id")
    {
        Description = $"The cluster's name, as its silos have it; also from the variable {ClusterVariable}.",
        HelpName = "NAME",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(ClusterVariable) is { Length: > 0 } cluster
            ? cluster
            : "weir",
    };

    public CommandLine(Terminal terminal, IConnector connector)
    {
        _terminal = terminal;
        _connector = connector;
        _root = new RootCommand("Weir: send events to topics, run jobs, ask for the state of a key.")
        {
            _gateway,
            _cluster,
            _json,
        };
        WeirCommand[] commands =
        [
            new TopicsCommand(), new JobsCommand(), new StartCommand(), new StopCommand(), new SendCommand(),
            new SealCommand(), new ReadCommand(), new QueryCommand(), new InspectCommand(), new KeysCommand(),
        ];
        Add(_root, commands);
        var quarantine = new Command("quarantine", "List, release and discard the keys that an operator failed on.");
        Add(quarantine, new QuarantineListCommand(), new QuarantineReleaseCommand(), new QuarantineDiscardCommand());
        _root.Subcommands.Add(quarantine);
        var savepoint = new Command("savepoint", "Take, list and delete savepoints; list the checkpoints of a job.");
        Add(savepoint, new SavepointTakeCommand(), new SavepointListCommand(), new SavepointDeleteCommand());
        _root.Subcommands.Add(savepoint);

        AddHistory();
        HelpOption help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }

    private void Add(Command parent, params WeirCommand[] commands)
    {
        foreach (WeirCommand command in commands)
        {
            command.SetAction((arguments, cancellation) => RunAsync(command, arguments, cancellation));
            parent.Subcommands.Add(command);
        }
    }

    /// <summary>Runs a command; the answer is its exit code.</summary>
    public async Task<int> RunAsync(string[] args)
    {
        ParseResult arguments = _root.Parse(args);
        if (arguments.Errors.Count > 0 && arguments.Action is ParseErrorAction)
            return Fail(ExitCode.WrongUsage, Explain(arguments));

        var invocation = new InvocationConfiguration
        {
            Output = _terminal.Output,
            Error = _terminal.Error,
            EnableDefaultExceptionHandler = false,
        };
        int code = await arguments.InvokeAsync(invocation).ConfigureAwait(false);
        return await FlushAsync().ConfigureAwait(false) ? code : ExitCode.Refused;
    }

    private Target TargetOf(ParseResult arguments) =>
        new(arguments.GetRequiredValue(_gateway), arguments.GetRequiredValue(_cluster));

    private async Task<int> RunAsync(WeirCommand command, ParseResult arguments, CancellationToken cancellation)
    {
        var screen = new Screen(_terminal, arguments.GetValue(_json));
        try
        {
            command.Check(arguments);
            await using IConnection connection = await _connector
                .ConnectAsync(TargetOf(arguments), cancellation).ConfigureAwait(false);
            return await RunAsync(command, new Session(connection.Client, arguments, screen), cancellation)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (WeirException refusal)
        {
            return Fail(ExitCode.Of(refusal.Error), refusal.Message);
        }
        catch (UsageException wrong)
        {
            return Fail(ExitCode.WrongUsage, wrong.Message);
        }
        catch (Exception fault)
        {
            return Fail(ExitCode.Refused, fault.Message);
        }
    }

    /// <summary>Runs a command on a cluster; an unknown topic is refused with the names of those that there are.</summary>
    private async Task<int> RunAsync(WeirCommand command, Session session, CancellationToken cancellation)
    {
        try
        {
            return await command.RunAsync(session, cancellation).ConfigureAwait(false);
        }
        catch (WeirException unknown) when (unknown.Error == WeirError.UnknownTopic)
        {
            string names = await TopicNames.ThereAreAsync(session.Client, cancellation).ConfigureAwait(false);
            return Fail(ExitCode.Of(unknown.Error), $"{unknown.Message} {names}".TrimEnd());
        }
    }

    /// <summary>What is wrong with a command line, in one sentence; the library's own are many and vague.</summary>
    private static string Explain(ParseResult arguments)
    {
        Command command = arguments.CommandResult.Command;
        Command? parent = command.Parents.OfType<Command>().FirstOrDefault(each => each is not RootCommand);
        string name = command is RootCommand ? "weir" : $"weir {(parent is null ? "" : $"{parent.Name} ")}{command.Name}";
        string needed = string.Join(' ', command.Arguments
            .Where(argument => argument.Arity.MinimumNumberOfValues > 0)
            .Select(argument => argument.Name));
        string wrong = arguments.UnmatchedTokens switch
        {
            [var unknown, ..] => $"'{unknown}' is not understood",
            _ when command is not WeirCommand => "a command is missing",
            _ when arguments.GetResult(command.Arguments[^1]) is not { Tokens.Count: > 0 } && needed.Length > 0 =>
                $"{command.Name} needs {needed}",
            _ when arguments.Errors[0].SymbolResult is OptionResult { Tokens: [var value, ..], Option: var option } =>
                $"'{value}' is not a value of {option.Name}{Forms(option)}",
            _ => arguments.Errors[0].Message.TrimEnd('.'),
        };
        return $"{wrong}; see {name} --help.";
    }

    private static string Forms(Option option) =>
        option.HelpName is { } forms && forms.Contains('|', StringComparison.Ordinal) ? $" ({forms})" : "";

    private int Fail(int code, string message)
    {
        _terminal.Error.WriteLine($"weir: {message.ReplaceLineEndings(" ")}");
        return code;
    }

    // A reader that has seen enough, such as head, closes the pipe: nothing is left to be said to it.
    private async Task<bool> FlushAsync()
    {
        try
        {
            await _terminal.Output.FlushAsync().ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
