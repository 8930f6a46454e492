namespace Weir.Architecture.Tests;

using System.Reflection;
using System.Runtime.CompilerServices;
using PublicApiGenerator;

/// <summary>
/// What users can call is written down in Approved/*.txt, so that every change of it is seen in review.
/// To accept a change: <c>WEIR_ACCEPT_API=1 dotnet test tests/Architecture.Tests</c>, then review the difference.
/// </summary>
public sealed class PublicApiTests
{
    private const string AcceptVariable = "WEIR_ACCEPT_API";

    [Theory]
    [InlineData("Weir.Engine", "Weir.Engine")]
    [InlineData("Weir.Contracts", "Weir.Contracts")]
    [InlineData("Weir.Client", "Weir.Client")]
    [InlineData("Weir.Grains", "Weir.Grains.Hosting")]
    public void PublicApiIsApproved(string assembly, string space)
    {
        string received = Describe(Assembly.Load(assembly), space);
        string approvedPath = Repository.PathOf($"tests/Architecture.Tests/Approved/{space}.txt");
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
            File.WriteAllText(approvedPath, received);

        string approved = File.Exists(approvedPath) ? File.ReadAllText(approvedPath) : "";
        if (received == approved)
            return;
        string receivedPath = Path.Combine(AppContext.BaseDirectory, $"{space}.received.txt");
        File.WriteAllText(receivedPath, received);
        Assert.Fail(
            $"The public API of {space} is not the approved one.\n{FirstDifference(approved, received)}\n"
            + $"Approved: {approvedPath}\nReceived: {receivedPath}\n"
            + $"If it is meant, commit what {AcceptVariable}=1 dotnet test tests/Architecture.Tests writes.");
    }

    private static string Describe(Assembly assembly, string space)
    {
        Type[] types = [.. assembly.GetExportedTypes().Where(type => !type.IsNested && IsIn(type, space))];
        if (types.Length == 0)
            return "";
        var options = new ApiGeneratorOptions { IncludeAssemblyAttributes = false, IncludeTypes = types };
        return assembly.GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd() + "\n";
    }

    // Serializers that a source generator adds have names and namespaces of their own.
    private static bool IsIn(Type type, string space) =>
        (type.Namespace == space || type.Namespace?.StartsWith(space + ".", StringComparison.Ordinal) == true)
        && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static string FirstDifference(string approved, string received)
    {
        string[] was = approved.Split('\n');
        string[] now = received.Split('\n');
        int line = was.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"Line {line + 1}\n- {was.ElementAtOrDefault(line)}\n+ {now.ElementAtOrDefault(line)}";
    }
}
