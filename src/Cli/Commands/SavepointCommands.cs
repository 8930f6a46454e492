namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Cli.Output;
using Weir.Contracts.Jobs;

internal sealed class SavepointTakeCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _name = new("NAME")
    {
        Description = "1 to 100 letters, digits, '.', '_' and '-'.",
    };

    public SavepointTakeCommand()
        : base("take", "Take a savepoint: a checkpoint that is kept until it is deleted.")
    {
        Arguments.Add(_job);
        Arguments.Add(_name);
    }

    public override IReadOnlyList<string> Examples => ["weir savepoint take airport-features before-upgrade"];

    public override IReadOnlyList<string> Notes =>
        ["A running job goes on. Of one that does not run it is the last checkpoint."];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        string name = session.Arguments.GetRequiredValue(_name);
        CheckpointDescription taken = await session.Client.TakeSavepointAsync(job, name, cancellation)
            .ConfigureAwait(false);
        session.Screen.Done(
            taken,
            $"savepoint '{name}' of {job} is checkpoint {taken.Number}: {CheckpointText.Size(taken.Bytes)} in "
            + $"{CheckpointText.Span(taken.Duration)}.");
        return ExitCode.Done;
    }
}

internal sealed class SavepointListCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };

    public SavepointListCommand()
        : base("list", "List the savepoints of a job and the checkpoints that are kept, newest first.") =>
        Arguments.Add(_job);

    public override IReadOnlyList<string> Examples =>
        ["weir savepoint list airport-features", "weir savepoint list airport-features --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "'size' is the state that a checkpoint refers to, 'written' what it added to the ones before it.",
        "A line of output history, the lineage, begins with each start that is not from the latest checkpoint.",
    ];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        session.Screen.Checkpoints(await session.Client
            .ListCheckpointsAsync(session.Arguments.GetRequiredValue(_job), cancellation).ConfigureAwait(false));
        return ExitCode.Done;
    }
}

internal sealed class SavepointDeleteCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _name = new("NAME") { Description = "The savepoint." };

    public SavepointDeleteCommand()
        : base("delete", "Delete a savepoint.")
    {
        Arguments.Add(_job);
        Arguments.Add(_name);
    }

    public override IReadOnlyList<string> Examples => ["weir savepoint delete airport-features before-upgrade"];

    public override IReadOnlyList<string> Notes =>
        ["What other checkpoints share with it stays. Checkpoints without a name are removed by the service itself."];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        string name = session.Arguments.GetRequiredValue(_name);
        await session.Client.DeleteSavepointAsync(job, name, cancellation).ConfigureAwait(false);
        session.Screen.Done(new { job, deleted = name }, $"savepoint '{name}' of {job} deleted.");
        return ExitCode.Done;
    }
}
