namespace Weir.Samples.Flights.Runs;

using System.CommandLine;
using System.CommandLine.Parsing;
using Weir.Contracts;
using Weir.Samples.Flights.Input;

/// <summary>
/// The command line. Exit code 0: done; 1: the run failed; 2: the command line or the input can not be used. Whatever
/// goes wrong is one sentence on standard error.
/// </summary>
internal sealed class FlightsCommand
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Unusable = 2;

    private readonly Option<string> _data = new("--data")
    {
        Description = "Directory of daily files *.csv.gz or *.csv.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "data"),
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "Directory for the results; the embedded silo keeps its data in DIR/silo.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "out",
    };

    private readonly Option<int> _partitions = new("--partitions")
    {
        Description = "Number of partitions of the topic 'flights', 1 to 1024.",
        HelpName = "N",
        DefaultValueFactory = _ => 4,
        CustomParser = ParsePartitions,
    };

    private readonly Option<TimeSpan> _outOfOrder = DurationOption(
        "--out-of-order", "How far flights may be out of order, for example 48h.", new FlightsOptions().OutOfOrder);

    private readonly Option<TimeSpan> _lateness = DurationOption(
        "--lateness", "How long an hour that was given out still takes late flights.", new FlightsOptions().Lateness);

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write a JSON summary to standard output, and everything else to standard error.",
    };

    private readonly Option<bool> _fresh = new("--fresh")
    {
        Description = "Begin with empty data. Every run does at present.",
    };

    private readonly RootCommand _root;

    private FlightsCommand()
    {
        _root = new RootCommand(
            "Half a million flights of January 2001 as a stream: departures and delays of every airport by the hour, "
            + "and routes that go quiet.")
        {
            _data, _out, _partitions, _outOfOrder, _lateness, _json, _fresh,
        };
        _root.SetAction(RunAsync);
    }

    /// <summary>Runs with the arguments of the process and returns its exit code.</summary>
    public static async Task<int> InvokeAsync(string[] arguments)
    {
        ParseResult parsed = new FlightsCommand()._root.Parse(arguments);
        if (parsed.Errors.Count > 0)
            return Fail(Unusable, parsed.Errors[0].Message);
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var run = new FlightsRun(new RunOptions
            {
                Data = Path.GetFullPath(parsed.GetRequiredValue(_data)),
                Out = Path.GetFullPath(parsed.GetRequiredValue(_out)),
                Partitions = parsed.GetRequiredValue(_partitions),
                Flights = new FlightsOptions
                {
                    OutOfOrder = parsed.GetRequiredValue(_outOfOrder),
                    Lateness = parsed.GetRequiredValue(_lateness),
                },
                Json = parsed.GetValue(_json),
            });
            await run.RunAsync(cancellation);
            return Done;
        }
        catch (InputException fault)
        {
            return Fail(Unusable, fault.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Fail(Failed, "The run was interrupted.");
        }
        catch (Exception fault) when (fault is WeirException or IOException or UnauthorizedAccessException)
        {
            return Fail(Failed, fault.Message);
        }
    }

    private static int Fail(int code, string message)
    {
        Console.Error.WriteLine($"error: {message}");
        return code;
    }

    private static int ParsePartitions(ArgumentResult result)
    {
        if (int.TryParse(result.Tokens[0].Value, out int partitions) && partitions is >= 1 and <= 1024)
            return partitions;
        result.AddError($"--partitions must be a whole number from 1 to 1024, not '{result.Tokens[0].Value}'.");
        return 0;
    }

    private static Option<TimeSpan> DurationOption(string name, string description, TimeSpan byDefault) => new(name)
    {
        Description = $"{description} Default: {Duration.Format(byDefault)}.",
        HelpName = "DURATION",
        DefaultValueFactory = _ => byDefault,
        CustomParser = result =>
        {
            if (Duration.Parse(result.Tokens[0].Value) is { } span)
                return span;
            result.AddError(
                $"{name} must be a duration of at most ten years such as 2d, 48h, 30m or 90s, "
                + $"not '{result.Tokens[0].Value}'.");
            return TimeSpan.Zero;
        },
    };
}
