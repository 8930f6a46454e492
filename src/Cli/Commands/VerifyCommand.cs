namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Contracts.Jobs;

internal sealed class VerifyCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Option<string?> _from = new("--from")
    {
        Description = "The oldest checkpoint to look at, by number or name; without it all that are kept.",
    };

    public VerifyCommand()
        : base("verify", "Verify the checkpoints and savepoints of a job, and the input between them.")
    {
        Arguments.Add(_job);
        Options.Add(_from);
    }

    public override IReadOnlyList<string> Examples =>
        ["weir verify airport-features", "weir verify airport-features --from before-upgrade --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "Every file is read and compared with its checksums, and the input is read again and compared with what the job",
        "has read. The exit code is 1 if anything is damaged or differs. What retention has removed is no fault.",
    ];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        var parts = new List<VerifiedPart>();
        await foreach (VerifiedPart part in session.Client
            .History(session.Arguments.GetRequiredValue(_job))
            .VerifyAsync(session.Arguments.GetValue(_from), cancellation)
            .ConfigureAwait(false))
            parts.Add(part);
        session.Screen.Verified(parts);
        return parts.Exists(part => part.IsWrong) ? ExitCode.Refused : ExitCode.Done;
    }
}
