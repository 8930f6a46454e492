namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Contracts.Jobs;

internal sealed class ReplayCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _key = new("KEY") { Description = "The key: a string as it is, else its JSON." };
    private readonly Option<string> _operator = new("--operator", "-o")
    {
        Description = "The operator.",
        Required = true,
    };

    private readonly Option<string> _from = new("--from")
    {
        Description = "The checkpoint to begin with, by number or name.",
        Required = true,
    };

    private readonly Option<long?> _to = new("--to") { Description = "Stop before this offset." };
    private readonly Option<int?> _partition = new("--partition", "-p")
    {
        Description = "The partition that --to is meant of; without it every one.",
    };

    public ReplayCommand()
        : base("replay", "Run the events of one key again, step by step, and show what it holds after each.")
    {
        Arguments.Add(_job);
        Arguments.Add(_key);
        foreach (Option option in (Option[])[_operator, _from, _to, _partition])
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir replay airport-features SFO --operator hourly --from before-upgrade",
        "weir replay airport-features SFO --operator hourly --from 17 --to 4200 --partition 2 --json",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Nothing is written and the job is not touched. A step is an event of the key, or a step of time that changed what",
        "it holds. With --json each is a line. The exit code is 1 if a function fails.",
    ];

    public override void Check(ParseResult arguments)
    {
        if (arguments.GetValue(_to) < 0)
            throw new UsageException("--to must be 0 or more");
        if (arguments.GetValue(_partition) is not null && arguments.GetValue(_to) is null)
            throw new UsageException("--partition says what --to is meant of: give both");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        var request = new ReplayRequest
        {
            Operator = session.Arguments.GetRequiredValue(_operator),
            Key = session.Arguments.GetRequiredValue(_key),
            From = session.Arguments.GetRequiredValue(_from),
            To = session.Arguments.GetValue(_to),
            Partition = session.Arguments.GetValue(_partition),
        };
        int code = ExitCode.Done;
        await foreach (ReplayStep step in session.Client
            .History(session.Arguments.GetRequiredValue(_job))
            .ReplayAsync(request, cancellation)
            .ConfigureAwait(false))
        {
            session.Screen.Replayed(step);
            if (step.Failure is not null)
                code = ExitCode.Refused;
        }

        return code;
    }
}
