namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Contracts.Jobs;

internal sealed class JobsCommand : WeirCommand
{
    private readonly Argument<string?> _job = new("JOB")
    {
        Description = "Only this job, in detail.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public JobsCommand()
        : base("jobs", "List the jobs, or show one.") => Arguments.Add(_job);

    public override IReadOnlyList<string> Examples => ["weir jobs", "weir jobs airport-features", "weir jobs --json"];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        if (session.Arguments.GetValue(_job) is { } job)
        {
            session.Screen.Job(await session.Client.DescribeJobAsync(job, cancellation).ConfigureAwait(false));
            return ExitCode.Done;
        }

        IReadOnlyList<JobStatus> jobs = await session.Client.ListJobsAsync(cancellation).ConfigureAwait(false);
        session.Screen.Jobs(jobs);
        return ExitCode.Done;
    }
}
