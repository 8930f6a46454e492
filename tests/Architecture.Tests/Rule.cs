namespace Weir.Architecture.Tests;

/// <summary>Something that breaks a rule.</summary>
/// <param name="Where">What an exception names: a path, or a path and a member, never a line number.</param>
/// <param name="What">What is wrong there, for people.</param>
internal sealed record Violation(string Where, string What);

/// <summary>A violation that is allowed, and why.</summary>
internal sealed record RuleException(string Rule, string Where, string Reason);

/// <summary>Reports all violations of a rule at once.</summary>
internal static class Rule
{
    /// <summary>
    /// The violations that are allowed. Each one needs a sentence why the code is better for it; one that is no longer
    /// needed fails its rule. Example: <c>new(nameof(SizeTests.MethodsAreShort), "src/X/Y.cs Z.Run", "...")</c>.
    /// </summary>
    private static readonly RuleException[] Allowed = [];

    /// <summary>Fails with the exact list of violations, or of exceptions that nothing needs.</summary>
    public static void Holds(string rule, IEnumerable<Violation> violations)
    {
        List<Violation> found = [.. violations];
        List<RuleException> allowed = [.. Allowed.Where(exception => exception.Rule == rule)];
        string[] broken =
        [
            .. found
                .Where(violation => !allowed.Exists(exception => exception.Where == violation.Where))
                .Select(violation => $"{violation.Where}: {violation.What}"),
            .. allowed
                .Where(exception => !found.Exists(violation => violation.Where == exception.Where))
                .Select(exception => $"{exception.Where}: is an exception in Rule.cs that nothing needs any more"),
        ];
        Assert.True(broken.Length == 0, $"{rule}, {broken.Length} found:\n{string.Join('\n', broken)}");
    }
}
