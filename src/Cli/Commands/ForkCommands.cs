namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Cli.Output;
using Weir.Contracts.Jobs;

internal sealed class ForkCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Option<string> _from = new("--from")
    {
        Description = "The checkpoint to begin with, by number or name.",
        Required = true,
    };

    private readonly Option<string> _as = new("--as")
    {
        Description = "The fork's name: lower-case letters, digits, '_' and '-'.",
        Required = true,
    };

    public ForkCommand()
        : base("fork", "Start a second job from an old point while the first goes on.")
    {
        Arguments.Add(_job);
        Options.Add(_from);
        Options.Add(_as);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir fork airport-features --from before-upgrade --as what-if",
        "weir query airport-features.what-if latest-features SFO",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "The fork what-if of JOB is the job JOB.what-if. Where the first writes TOPIC it writes TOPIC.what-if.",
        "It is stopped and started as any job; weir remove ends it.",
    ];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        JobStatus fork = await session.Client.History(job).ForkAsync(
            new ForkOptions
            {
                From = session.Arguments.GetRequiredValue(_from),
                Name = session.Arguments.GetRequiredValue(_as),
            },
            cancellation).ConfigureAwait(false);
        session.Screen.Done(
            fork,
            $"{fork.Name} is {JobText.Of(fork.State)}; it writes "
            + (fork.Outputs.Length == 0 ? "no topics." : $"{string.Join(", ", fork.Outputs)}."));
        return ExitCode.Done;
    }
}

internal sealed class RemoveCommand : WeirCommand
{
    private readonly Argument<string> _fork = new("FORK") { Description = "The full name of the fork: JOB.NAME." };

    public RemoveCommand()
        : base("remove", "End a fork and remove its checkpoints and the topics that it has written.") =>
        Arguments.Add(_fork);

    public override IReadOnlyList<string> Examples => ["weir remove airport-features.what-if"];

    public override void Check(ParseResult arguments)
    {
        if (arguments.GetRequiredValue(_fork).LastIndexOf('.') < 1)
            throw new UsageException("only forks can be removed, which are named JOB.NAME");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string fork = session.Arguments.GetRequiredValue(_fork);
        await session.Client.History(fork[..fork.LastIndexOf('.')]).RemoveForkAsync(fork, cancellation)
            .ConfigureAwait(false);
        session.Screen.Done(new { removed = fork }, $"{fork} is removed.");
        return ExitCode.Done;
    }
}
