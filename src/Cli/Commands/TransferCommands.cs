namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Cli.Output;
using Weir.Contracts;
using Weir.Contracts.Jobs;

internal sealed class SavepointExportCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _name = new("NAME") { Description = "The savepoint, or a checkpoint's number." };
    private readonly Argument<string> _file = new("FILE") { Description = "The file to write; there must be none yet." };

    public SavepointExportCommand()
        : base("export", "Write a savepoint with everything that it needs to one file.")
    {
        Arguments.Add(_job);
        Arguments.Add(_name);
        Arguments.Add(_file);
    }

    public override IReadOnlyList<string> Examples =>
        ["weir savepoint export airport-features before-upgrade airport-features.savepoint"];

    public override void Check(ParseResult arguments)
    {
        string file = arguments.GetRequiredValue(_file);
        if (File.Exists(file) || Directory.Exists(file))
            throw new UsageException($"'{file}' exists already; name another file");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        string file = session.Arguments.GetRequiredValue(_file);
        string name = session.Arguments.GetRequiredValue(_name);

        // Under its final name the file is complete.
        string partial = file + ".partial";
        ExportPlan plan;
        try
        {
            FileStream stream = File.Create(partial);
            await using (stream.ConfigureAwait(false))
                plan = await session.Client.History(job).ExportAsync(name, stream, cancellation).ConfigureAwait(false);
            File.Move(partial, file);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        session.Screen.Done(
            new { job, checkpoint = plan.Checkpoint, savepoint = plan.Savepoint, bytes = plan.Length, file },
            $"checkpoint {plan.Checkpoint} of {job} is in {file}: {JobText.Count(plan.Length, "byte")}.");
        return ExitCode.Done;
    }
}

internal sealed class SavepointImportCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _file = new("FILE") { Description = "A file that export has written." };
    private readonly Option<string?> _name = new("--name")
    {
        Description = "The savepoint's name here; without it the one that it has.",
    };

    private readonly Option<bool> _stateOnly = new("--state-only")
    {
        Description = "Leave out where the sources stood: a start reads the input from its beginning.",
    };

    public SavepointImportCommand()
        : base("import", "Bring an exported savepoint in as one of a job.")
    {
        Arguments.Add(_job);
        Arguments.Add(_file);
        Options.Add(_name);
        Options.Add(_stateOnly);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir savepoint import airport-features airport-features.savepoint",
        "weir savepoint import airport-features airport-features.savepoint --name from-old-cluster --state-only",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "The job may run, and goes on; start it from the savepoint to use it. A start goes on at the savepoint's offsets:",
        "the log must hold the same input from there on. For another log use --state-only.",
    ];

    public override void Check(ParseResult arguments)
    {
        string file = arguments.GetRequiredValue(_file);
        if (!File.Exists(file))
            throw new UsageException($"there is no file '{file}'");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        string file = session.Arguments.GetRequiredValue(_file);
        var options = new ImportOptions
        {
            Name = session.Arguments.GetValue(_name),
            StateOnly = session.Arguments.GetValue(_stateOnly),
        };
        FileStream stream = File.OpenRead(file);
        CheckpointDescription imported;
        await using (stream.ConfigureAwait(false))
        {
            imported = await session.Client.History(job).ImportAsync(stream, options, cancellation)
                .ConfigureAwait(false);
        }

        session.Screen.Done(
            imported, $"savepoint '{imported.Savepoint}' of {job} is checkpoint {imported.Number}: start from it.");
        return ExitCode.Done;
    }
}
