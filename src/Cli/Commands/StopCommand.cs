namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Contracts.Jobs;

internal sealed class StopCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };

    public StopCommand()
        : base("stop", "Stop a job.") => Arguments.Add(_job);

    public override IReadOnlyList<string> Examples => ["weir stop airport-features"];

    public override IReadOnlyList<string> Notes => ["Nothing happens to a job that does not run."];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        JobStatus status = await session.Client.StopJobAsync(job, cancellation).ConfigureAwait(false);
        session.Screen.Done(status, $"{job} is {Output.JobText.Of(status.State)}.");
        return ExitCode.Done;
    }
}
