namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Cli.Output;
using Weir.Contracts.Jobs;

internal sealed class StopCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Option<string?> _savepoint = new("--savepoint")
    {
        Description = "Take a savepoint of this name first; if that fails, the job goes on.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _drain = new("--drain")
    {
        Description = "Before the savepoint raise the watermark to the maximum, so that all windows and timers fire.",
    };

    public StopCommand()
        : base("stop", "Stop a job.")
    {
        Arguments.Add(_job);
        Options.Add(_savepoint);
        Options.Add(_drain);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir stop airport-features",
        "weir stop airport-features --savepoint before-upgrade",
        "weir stop airport-features --savepoint the-end --drain",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Nothing happens to a job that does not run; if a savepoint was asked for, the exit code is 1.",
        "The next start goes on from the last checkpoint, which is the savepoint if one was taken. After --drain a",
        "job is not meant to go on: its windows are closed, and what follows would be late.",
    ];

    public override void Check(ParseResult arguments)
    {
        if (arguments.GetValue(_drain) && arguments.GetValue(_savepoint) is null)
            throw new UsageException("--drain needs --savepoint NAME: what it leads to is kept as a savepoint");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        var options = new StopOptions
        {
            Savepoint = session.Arguments.GetValue(_savepoint),
            Drain = session.Arguments.GetValue(_drain),
        };
        JobStatus status = await session.Client.StopJobAsync(job, options, cancellation).ConfigureAwait(false);
        bool isTaken = options.Savepoint is null || status.Checkpoints.Last?.Savepoint == options.Savepoint;
        string saved = (options.Savepoint, isTaken) switch
        {
            (null, _) => "",
            ({ } name, true) => $"; savepoint '{name}' is checkpoint {status.Checkpoints.Last!.Number}",
            ({ } name, false) => $" and did not run, so no savepoint was taken: 'weir savepoint take {job} {name}' makes its "
                + "last checkpoint one",
        };
        session.Screen.Done(status, $"{job} is {JobText.Of(status.State)}{saved}.");
        return isTaken ? ExitCode.Done : ExitCode.Refused;
    }
}
