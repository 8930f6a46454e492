namespace Weir.Cli;

using System.CommandLine;
using Weir.Cli.Commands;

/// <summary>The commands about the past of jobs.</summary>
internal sealed partial class CommandLine
{
    private void AddHistory()
    {
        Add(_root, new VerifyCommand(), new ReplayCommand(), new ForkCommand(), new RemoveCommand());
        Command? savepoint = _root.Subcommands.FirstOrDefault(each => each.Name == "savepoint");
        if (savepoint is null)
            _root.Subcommands.Add(savepoint = new Command("savepoint", "Export and import savepoints."));
        Add(savepoint, new SavepointExportCommand(), new SavepointImportCommand());
    }
}
