namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Contracts;
using Weir.Contracts.Jobs;

internal sealed class StartCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };

    public StartCommand()
        : base("start", "Start a job.") => Arguments.Add(_job);

    public override IReadOnlyList<string> Examples => ["weir start airport-features"];

    public override IReadOnlyList<string> Notes => ["A job that runs already goes on."];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        JobStatus status = await session.Client.StartJobAsync(job, cancellation).ConfigureAwait(false);
        if (status.State == JobState.Failed)
            throw new WeirException(WeirError.JobFailed, $"The job '{job}' has failed: {status.Failure}");
        session.Screen.Done(status, $"{job} is {Output.JobText.Of(status.State)} in epoch {status.Epoch}.");
        return ExitCode.Done;
    }
}
