namespace Weir.Cli;

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Weir.Cli.Commands;

/// <summary>The usual help, then a command's notes and examples; for <c>weir</c> itself the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        ArgumentNullException.ThrowIfNull(parseResult);
        int code = usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is WeirCommand command)
        {
            foreach (string note in command.Notes)
                output.WriteLine(note);
            output.WriteLine();
            output.WriteLine("Examples:");
            foreach (string example in command.Examples)
                output.WriteLine($"  {example}");
            return code;
        }

        output.WriteLine("Exit codes:");
        foreach ((int exit, string meaning) in ExitCode.All)
            output.WriteLine($"  {exit,-3} {meaning}");
        return code;
    }
}
