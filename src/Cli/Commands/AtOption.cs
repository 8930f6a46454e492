namespace Weir.Cli.Commands;

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Weir.Contracts.Keys;

/// <summary>At which time of its job a key is read; for every command that reads keys.</summary>
internal sealed class AtOption : Option<ReadAt>
{
    /// <summary>What the help of those commands says about it.</summary>
    public const string Note =
        "With --at last, answers for different keys that name the same checkpoint belong together.";

    public AtOption()
        : base("--at")
    {
        Description = "Read the running job (live), its last checkpoint, or a checkpoint that is kept. Default: live.";
        HelpName = "live|last|NUMBER";
        CustomParser = Parse;
    }

    private static ReadAt Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text == "live")
            return ReadAt.Live;
        if (text == "last")
            return ReadAt.LastCheckpoint;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0)
            return ReadAt.AsOf(number);
        result.AddError($"'{text}' is not a value of --at");
        return ReadAt.Live;
    }
}
