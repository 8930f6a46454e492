namespace Weir.Cli.Commands;

using Weir.Contracts.Jobs;

/// <summary>What a user says about the output of a job that starts from an earlier point.</summary>
internal static class OutputChoices
{
    public const string Forms = "replace|append|fork";

    /// <summary>A choice for all outputs, or none.</summary>
    /// <exception cref="UsageException">The text is not a choice.</exception>
    public static OutputChoice Of(string? text) => text is null
        ? OutputChoice.None
        : Parse(text) ?? throw new UsageException($"--outputs takes replace, append or fork, not '{text}'");

    /// <summary>Choices for single outputs, from texts <c>NAME=CHOICE</c>.</summary>
    /// <exception cref="UsageException">A text is not of that form, or a name comes twice.</exception>
    public static Dictionary<string, OutputChoice> ByName(IEnumerable<string> texts)
    {
        var choices = new Dictionary<string, OutputChoice>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.LastIndexOf('=');
            if (equals <= 0 || Parse(text[(equals + 1)..]) is not { } choice)
                throw new UsageException($"--output takes NAME=replace, NAME=append or NAME=fork, not '{text}'");
            if (!choices.TryAdd(text[..equals], choice))
                throw new UsageException($"--output names '{text[..equals]}' twice");
        }

        return choices;
    }

    private static OutputChoice? Parse(string text) => text switch
    {
        "replace" => OutputChoice.Replace,
        "append" => OutputChoice.Append,
        "fork" => OutputChoice.Fork,
        _ => null,
    };
}
