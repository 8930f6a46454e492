namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Cli.Output;
using Weir.Client;

/// <summary>A command that talks to a silo.</summary>
internal abstract class WeirCommand(string name, string description) : Command(name, description)
{
    /// <summary>Complete command lines, shown by the command's help.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Rules that the options do not tell, one line each, shown by the command's help.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>Refuses arguments that are wrong in themselves, before anything is connected.</summary>
    /// <exception cref="UsageException">They are wrong.</exception>
    public virtual void Check(ParseResult arguments)
    {
    }

    /// <summary>Runs it; the answer is the exit code.</summary>
    public abstract Task<int> RunAsync(Session session, CancellationToken cancellation);
}

/// <summary>What a command works with.</summary>
internal sealed record Session(IWeirClient Client, ParseResult Arguments, Screen Screen);

/// <summary>The arguments are wrong; the message says how.</summary>
internal sealed class UsageException(string message) : Exception(message);
