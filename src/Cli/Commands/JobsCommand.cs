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

    public override IReadOnlyList<string> Notes =>
    [
        "Of each job: its last complete checkpoint and how old that is. One job in detail also shows how long it took,",
        "its size, and what keeps the next ones from completing.",
    ];

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
