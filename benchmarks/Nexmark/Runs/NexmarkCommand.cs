namespace Weir.Benchmarks.Nexmark.Runs;

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Contracts;

/// <summary>
/// The command line. Exit code 0: every result is right; 1: one is wrong, or a run failed; 2: the command line can not be
/// used. Whatever goes wrong is one sentence on standard error.
/// </summary>
internal sealed class NexmarkCommand
{
    private const int Right = 0;
    private const int Wrong = 1;
    private const int Unusable = 2;
    private const long MaxEvents = 1_000_000_000;

    private readonly Option<IReadOnlyList<NexmarkQuery>> _query = new("--query")
    {
        Description = "The queries, for example q5,q8. Default: all.",
        HelpName = "LIST",
        CustomParser = ParseQueries,
    };

    private readonly Option<long> _events = NumberOption(
        "--events", "Events of the input: persons, auctions and bids. Default: 2000000.", 2_000_000, (1, MaxEvents));

    private readonly Option<long> _seed = NumberOption(
        "--seed", "Two runs of one seed have the same input. Default: 1.", 1, (0, long.MaxValue));

    private readonly Option<long> _rate = NumberOption(
        "--rate", "Events per second of event time. Default: 10000.", 10_000, (1, 10_000_000));

    private readonly Option<long> _latency = NumberOption(
        "--latency-seconds", "How long each query runs at half load; 0: not at all. Default: 15.", 15, (0, 3600));

    private readonly Option<bool> _check = new("--check")
    {
        Description = "Only compare the results, and measure nothing: all queries run at once.",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write JSON: a line about the machine and the input, then a line for each query.",
    };

    private readonly RootCommand _root;

    private NexmarkCommand()
    {
        _root = new RootCommand(
            "The queries of Nexmark, 0 to 5 and 7 to 22, on an embedded silo with a checkpoint every second. Every result is "
            + "compared with what DuckDB computes from the same events; the exit code is 1 if any differs.")
        {
            _query, _events, _seed, _rate, _latency, _check, _json,
        };
        _root.SetAction(RunAsync);
    }

    /// <summary>Runs with the arguments of the process and returns its exit code.</summary>
    public static async Task<int> InvokeAsync(string[] arguments)
    {
        ParseResult parsed = new NexmarkCommand()._root.Parse(arguments);
        if (parsed.Errors.Count > 0)
            return Fail(Unusable, parsed.Errors[0].Message);
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new RunOptions
        {
            Queries = parsed.GetValue(_query) ?? QueryList.All,
            Events = parsed.GetRequiredValue(_events),
            Seed = (ulong)parsed.GetRequiredValue(_seed),
            EventsPerSecond = parsed.GetRequiredValue(_rate),
            LatencyTime = TimeSpan.FromSeconds(parsed.GetRequiredValue(_latency)),
        };
        string root = Directory.CreateTempSubdirectory("weir-nexmark-").FullName;
        try
        {
            var report = new Report(options, parsed.GetValue(_json));
            report.Begin();
            bool right = parsed.GetValue(_check)
                ? await CheckAsync(options, root, report)
                : await MeasureAsync(options, root, report);
            report.End();
            return right ? Right : Wrong;
        }
        catch (Exception fault) when (fault is WeirException or IOException or UnauthorizedAccessException)
        {
            return Fail(Wrong, fault.Message);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<bool> CheckAsync(RunOptions options, string root, Report report)
    {
        bool right = true;
        foreach ((NexmarkQuery query, Comparison comparison) in await new CheckRun(options, root).RunAsync())
        {
            report.Add(query, comparison);
            right &= comparison.IsEqual;
        }

        return right;
    }

    private static async Task<bool> MeasureAsync(RunOptions options, string root, Report report)
    {
        bool right = true;
        await foreach (QueryFigures figures in new MeasureRun(options, root).RunAsync())
        {
            report.Add(figures);
            right &= figures.Comparison.IsEqual;
        }

        return right;
    }

    private static int Fail(int code, string message)
    {
        Console.Error.WriteLine($"error: {message}");
        return code;
    }

    private static IReadOnlyList<NexmarkQuery> ParseQueries(ArgumentResult result)
    {
        string[] names = result.Tokens[0].Value.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string? unknown = names.FirstOrDefault(name => QueryList.Find(name) is null);
        if (unknown is not null || names.Length == 0)
            result.AddError(
                unknown == "q6"
                    ? "--query has 'q6', which the Nexmark suite leaves out too: there are q0 to q5 and q7 to q22."
                    : $"--query has '{unknown ?? result.Tokens[0].Value}': use names from q0 to q5 and q7 to q22, such as "
                        + "q5,q8.");
        return [.. QueryList.All.Where(query => names.Contains(query.Name))];
    }

    private static Option<long> NumberOption(
        string name, string description, long byDefault, (long Least, long Most) range)
    {
        return new Option<long>(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => byDefault,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    && number >= range.Least && number <= range.Most)
                    return number;
                result.AddError($"{name} must be a whole number from {range.Least} to {range.Most}, not '{text}'.");
                return byDefault;
            },
        };
    }
}
