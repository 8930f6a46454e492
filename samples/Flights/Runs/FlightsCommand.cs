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
        Description = "Directory for the results; the embedded silo keeps its data in DIR/silo until they are complete.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "out",
    };

    private readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "Gateways of a running cluster whose silos host the job, instead of a silo in this process.",
        HelpName = "HOST:PORT,...",
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
        Description = "Begin anew, also where an interrupted run could go on.",
    };

    private readonly Option<long?> _killAfter = new("--kill-after")
    {
        Description = "Kill this process with SIGKILL once it has sent N flights; start it again to go on.",
        HelpName = "N",
        CustomParser = ParseKillAfter,
    };

    private readonly RootCommand _root;

    private FlightsCommand()
    {
        _root = new RootCommand(
            "Half a million flights of January 2001 as a stream: departures and delays of every airport by the hour, "
            + "and routes that go quiet. The rows of the results are sorted by time and airport. A run that was interrupted, "
            + "by whatever, goes on when it is started again.")
        {
            _data, _out, _cluster, _partitions, _outOfOrder, _lateness, _json, _fresh, _killAfter,
        };
        _root.Validators.Add(CheckCluster);
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
                Cluster = parsed.GetValue(_cluster),
                Partitions = parsed.GetRequiredValue(_partitions),
                Flights = new FlightsOptions
                {
                    OutOfOrder = parsed.GetRequiredValue(_outOfOrder),
                    Lateness = parsed.GetRequiredValue(_lateness),
                },
                Fresh = parsed.GetValue(_fresh),
                KillAfter = parsed.GetValue(_killAfter),
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
            return Fail(Failed, "The run was interrupted; start it again to go on.");
        }
        catch (Exception fault) when (fault is WeirException or IOException or UnauthorizedAccessException)
        {
            return Fail(Failed, fault.Message);
        }
    }

    // What the cluster's silos decide can not be asked for here.
    private void CheckCluster(CommandResult result)
    {
        if (result.GetResult(_cluster) is not { Implicit: false })
            return;
        if (result.GetResult(_outOfOrder) is { Implicit: false } || result.GetResult(_lateness) is { Implicit: false })
            result.AddError("The silos of a cluster have their own --out-of-order and --lateness: leave them out.");
        if (result.GetResult(_fresh) is { Implicit: false })
            result.AddError("A cluster keeps what it was sent: start a new one instead of --fresh.");
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

    private static long? ParseKillAfter(ArgumentResult result)
    {
        if (long.TryParse(result.Tokens[0].Value, out long flights) && flights > 0)
            return flights;
        result.AddError($"--kill-after must be a whole number, 1 or more, not '{result.Tokens[0].Value}'.");
        return null;
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
