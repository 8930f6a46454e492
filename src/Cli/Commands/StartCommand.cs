namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Cli.Output;
using Weir.Contracts;
using Weir.Contracts.Jobs;

internal sealed class StartCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Option<string?> _from = new("--from")
    {
        Description = "Start from this checkpoint or savepoint instead of the last checkpoint.",
        HelpName = "NUMBER|NAME",
    };

    private readonly Option<bool> _anew = new("--anew")
    {
        Description = "Start without state, from the beginning of the retained input.",
    };

    private readonly Option<string?> _outputs = new("--outputs")
    {
        Description = "What becomes of output beyond the point from which the job starts.",
        HelpName = OutputChoices.Forms,
    };

    private readonly Option<string[]> _output = new("--output")
    {
        Description = "The same for one topic or sink; may be given several times.",
        HelpName = $"NAME={OutputChoices.Forms}",
    };

    private readonly Option<bool> _allowUnmatchedState = new("--allow-unmatched-state")
    {
        Description = "Leave out the state of operators that the job has no more.",
    };

    private readonly Option<bool> _acceptDuplicates = new("--accept-duplicates")
    {
        Description = "Let a sink that can not tell repeated output get some of it twice, after damage.",
    };

    private readonly Option<bool> _claim = new("--claim")
    {
        Description = "Take the savepoint over: it goes once the job has a checkpoint of its own.",
    };

    public StartCommand()
        : base("start", "Start a job.")
    {
        Arguments.Add(_job);
        Options.Add(_from);
        Options.Add(_anew);
        Options.Add(_outputs);
        Options.Add(_output);
        Options.Add(_allowUnmatchedState);
        Options.Add(_acceptDuplicates);
        Options.Add(_claim);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir start airport-features",
        "weir start airport-features --from before-the-fix --outputs replace",
        "weir start airport-features --from 17 --outputs replace --output quiet-routes=append",
        "weir start airport-features --anew --outputs fork",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Without options a job goes on from its last checkpoint; one that runs already is left alone. Stop a job",
        "before it is started from elsewhere.",
        "A start from anywhere else, and one of a changed job, needs a choice for what was written beyond that point:",
        "  replace  it is removed and the new output takes its place",
        "  append   it stays and the new output comes after it",
        "  fork     it stays and the new output goes to a topic or sink of its own, NAME.LINEAGE",
        "'weir savepoint list JOB' shows what a job can be started from.",
    ];

    public override void Check(ParseResult arguments) => OptionsOf(arguments);

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        StartOptions options = OptionsOf(session.Arguments);
        JobStatus status = await session.Client.StartJobAsync(job, options, cancellation).ConfigureAwait(false);
        if (status.State == JobState.Failed)
            throw new WeirException(WeirError.JobFailed, $"The job '{job}' has failed: {status.Failure}");
        string from = (options.From, options.Anew) switch
        {
            ({ } point, _) => $", from '{point}'",
            (_, true) => ", from the beginning of its input",
            _ => "",
        };
        session.Screen.Done(status, $"{job} is {JobText.Of(status.State)} in epoch {status.Epoch}{from}.");
        return ExitCode.Done;
    }

    private StartOptions OptionsOf(ParseResult arguments)
    {
        string? from = arguments.GetValue(_from);
        bool anew = arguments.GetValue(_anew);
        if (from is not null && anew)
            throw new UsageException("--from and --anew exclude each other: a job starts from one point");
        if (arguments.GetValue(_claim) && from is null)
            throw new UsageException("--claim needs --from: it takes over the savepoint that is named there");
        return new StartOptions
        {
            From = from,
            Anew = anew,
            Outputs = OutputChoices.Of(arguments.GetValue(_outputs)),
            OutputsOf = OutputChoices.ByName(arguments.GetValue(_output) ?? []),
            AllowUnmatchedState = arguments.GetValue(_allowUnmatchedState),
            AcceptDuplicates = arguments.GetValue(_acceptDuplicates),
            Claim = arguments.GetValue(_claim),
        };
    }
}
